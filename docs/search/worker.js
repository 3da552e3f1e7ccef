// Search in the pages, as a worker of MkDocs' search box; the site has it in place of
// MkDocs' own. Chinese, which has no spaces, is indexed by pairs of characters, and the
// dashes of options such as --faces are not taken for operators.

importScripts("lunr.js");

const HAN = /[\u3400-\u9fff]+/g;
const NO_WORD = /[^\p{L}\p{N}_]/u;
const SUMMARY = 200;

let index;
let documents;

/** Return the pairs of neighboring characters: 训练指南 has 训练, 练指 and 指南. */
function pairs(run) {
  return Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2));
}

/** Write the pairs of Chinese as words; the last character is found by itself too. */
function separate(text) {
  return text.replace(HAN, (run) => ` ${[...pairs(run), run.at(-1)].join(" ")} `);
}

function build(data) {
  lunr.tokenizer.separator = NO_WORD;
  documents = new Map(data.docs.map((doc) => [doc.location, doc]));
  index = lunr(function () {
    // It removes all but ASCII.
    this.pipeline.remove(lunr.trimmer);
    this.ref("location");
    this.field("title", { boost: 10 });
    this.field("text");
    for (const { location, title, text } of data.docs) {
      this.add({ location, title: separate(title), text: separate(text) });
    }
  });
}

/** Return the words of a query, and its pairs of Chinese characters. */
function parse(text) {
  const han = text.match(HAN) ?? [];
  const words = text.replace(HAN, " ").toLowerCase().split(NO_WORD);
  return {
    words: words.filter(Boolean),
    pairs: han.filter((run) => run.length > 1).flatMap(pairs),
    characters: han.filter((run) => run.length === 1),
  };
}

function search(text) {
  const { words, pairs, characters } = parse(text);
  // Without a term, Lunr finds everything.
  if (!words.length && !pairs.length && !characters.length) return [];
  const presence = lunr.Query.presence.REQUIRED;
  const begins = { wildcard: lunr.Query.wildcard.TRAILING, usePipeline: false };
  const found = index.query((query) => {
    for (const word of words) {
      query.term(word, { boost: 10 });
      query.term(word, { ...begins });
    }
    // Lunr keeps the object of options, so each term has its own.
    for (const pair of pairs) query.term(pair, { presence });
    for (const character of characters) query.term(character, { presence, ...begins });
  });
  return found.map(({ ref }) => {
    const { location, title, text } = documents.get(ref);
    const lower = text.toLowerCase();
    const places = [...words, ...pairs, ...characters].map((word) => lower.indexOf(word));
    const first = Math.min(...places.filter((place) => place >= 0), text.length);
    const start = first === text.length ? 0 : Math.max(0, first - SUMMARY / 4);
    return { location, title, summary: text.slice(start, start + SUMMARY) };
  });
}

onmessage = async ({ data }) => {
  if (data.init) {
    const content = await (await fetch("search_index.json")).json();
    build(content);
    postMessage({ config: content.config });
    postMessage({ allowSearch: true });
  } else if (data.query) {
    postMessage({ results: search(data.query) });
  }
};
