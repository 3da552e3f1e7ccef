import "@fontsource-variable/bricolage-grotesque/wght.css";
import "@fontsource-variable/instrument-sans/wght.css";
import "./style.css";
import { Client, JobFailure } from "./client.ts";
import { loadManifest, type Manifest, type Style } from "./core/manifest.ts";
import { mix } from "./core/pixels.ts";
import { isolatePage } from "./isolation.ts";
import { Camera } from "./ui/camera.ts";
import { currentLanguage, setLanguage, t, translatePage } from "./ui/i18n.ts";
import { limited, type Photo, readPhoto, scaled } from "./ui/photo.ts";
import { Viewer } from "./ui/viewer.ts";
import type { EngineChoice, EngineFacts } from "./worker/protocol.ts";

const MODEL = new URL("./model/", document.baseURI).href;
// While a slider moves and with the camera, images are drawn at the size that takes
// about this time.
const LIVE_MILLISECONDS = 110;
const MIN_LIVE_PIXELS = 192 * 192;
const FIRST_LIVE_PIXELS = 320 * 320;
const CAMERA_PIXELS = 640 * 480;

const get = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const board = get("board");
const gallery = get("gallery");
const second = get<HTMLSelectElement>("second");
const blend = get<HTMLInputElement>("blend");
const strength = get<HTMLInputElement>("strength");
const size = get<HTMLSelectElement>("size");
const format = get<HTMLSelectElement>("format");
const download = get<HTMLButtonElement>("download");
const fileInput = get<HTMLInputElement>("file");
const viewer = new Viewer(get("frame"), get<HTMLInputElement>("compare"));
const camera = new Camera(get<HTMLVideoElement>("video"));

let manifest: Manifest;
let client: Client;
let engine: EngineFacts | null = null;
let photo: Photo | null = null;
/** The photo and the network's result that are shown, of one size. */
let shown: { photo: ImageData; stylized: Uint8ClampedArray; seconds: number } | null =
  null;
/** Milliseconds that the network takes for a pixel, measured at the last image. */
let pace: number | null = null;
let wanted: "live" | "full" | null = null;
let isDrawing = false;
let cancelExport: (() => void) | null = null;
let notice: (() => string) | null = null;

await start();

async function start(): Promise<void> {
  translatePage();
  applyTheme(storedTheme());
  await isolatePage();
  listen();
  try {
    manifest = await loadManifest(MODEL);
    get<HTMLImageElement>("hero").src = MODEL + manifest.hero;
    buildGallery();
    buildSamples();
    showTexts();
    setBusy(t("loading"));
    const choice = new URLSearchParams(location.search).get("engine") ?? "auto";
    client = new Client(MODEL, choice as EngineChoice);
    engine = await client.started;
    setBusy(null);
    document.body.dataset.engine = `${engine.provider} ${engine.threads}`;
    showTexts();
    redraw("full");
  } catch (error) {
    setBusy(null);
    showNotice(() => t("notStarted", { message: messageOf(error) }));
  }
}

function listen(): void {
  get("language").addEventListener("click", () => {
    setLanguage(currentLanguage() === "en" ? "zh" : "en");
    showTexts();
    showNotice(notice);
  });
  get("theme").addEventListener("click", () => {
    const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
    applyTheme(isDark ? "light" : "dark");
  });
  for (const button of document.querySelectorAll<HTMLElement>("[data-action]")) {
    const isOpen = button.dataset.action === "open";
    button.addEventListener("click", () =>
      isOpen ? fileInput.click() : void startCamera(() => camera.start()),
    );
  }
  fileInput.addEventListener("change", () => {
    const file = fileInput.files?.[0];
    if (file) void openPhoto(file, file.name);
    // The same file can be chosen again.
    fileInput.value = "";
  });
  listenForDrops();
  document.addEventListener("paste", (event) => {
    const items = [...(event.clipboardData?.items ?? [])];
    const image = items.find((item) => item.kind === "file")?.getAsFile();
    if (image) void openPhoto(image, image.name || t("pasted"));
    else showNotice(() => t("noImage"));
  });
  get("notice-close").addEventListener("click", () => showNotice(null));
  get("shutter").addEventListener("click", () => void takePhoto());
  get("stop-camera").addEventListener("click", stopCamera);
  get("switch-camera").addEventListener("click", () => {
    void startCamera(() => camera.next());
  });
  get("panel").addEventListener("submit", (event) => event.preventDefault());
  gallery.addEventListener("change", () => {
    showTexts();
    redraw("full");
  });
  second.addEventListener("change", () => {
    showTexts();
    redraw("full");
  });
  blend.addEventListener("input", () => {
    showBlend();
    redraw("live");
  });
  blend.addEventListener("change", () => redraw("full"));
  strength.addEventListener("input", () => {
    showStrength();
    showResult();
  });
  download.addEventListener("click", () => void save());
  size.addEventListener("change", showSizeNote);
  get("cancel").addEventListener("click", () => cancelExport?.());
}

function listenForDrops(): void {
  let depth = 0;
  const update = (change: number) => {
    depth = Math.max(0, depth + change);
    board.classList.toggle("dragging", depth > 0);
  };
  document.addEventListener("dragenter", () => update(1));
  document.addEventListener("dragleave", () => update(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    update(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) void openPhoto(file, file.name);
  });
}

// Photos ---------------------------------------------------------------------------

async function openPhoto(file: Blob, name: string): Promise<void> {
  showNotice(null);
  setBusy(t("decoding"));
  try {
    photo = await readPhoto(file, name);
  } catch {
    setBusy(null);
    showNotice(() => t("unreadable", { name }));
    return;
  }
  setBusy(null);
  if (camera.isOn) stopCamera();
  shown = null;
  setBoard("photo");
  viewer.showPhoto(photo.preview);
  viewer.showDrawing(photo.preview);
  viewer.cut = 100;
  get("status").textContent = "";
  showTexts();
  redraw("full");
}

async function startCamera(open: () => Promise<void>): Promise<void> {
  showNotice(null);
  setBusy(t("starting"));
  try {
    await open();
  } catch {
    setBusy(null);
    camera.stop();
    setBoard(photo ? "photo" : "empty");
    showNotice(() => t("cameraDenied"));
    return;
  }
  setBusy(null);
  setBoard("camera");
  viewer.cut = 0;
  get("switch-camera").hidden = camera.count < 2;
  get("shutter").focus();
  showTexts();
  redraw("live");
}

function stopCamera(): void {
  camera.stop();
  shown = null;
  setBoard(photo ? "photo" : "empty");
  if (photo) viewer.showPhoto(photo.preview);
  showTexts();
  redraw("full");
}

async function takePhoto(): Promise<void> {
  const frame = camera.grab(Infinity);
  if (!frame) return;
  const file = await new Promise<Blob | null>((resolve) => frame.toBlob(resolve));
  if (file) await openPhoto(file, t("cameraPhoto"));
}

// Drawing --------------------------------------------------------------------------

/** Draw the photo or the camera's frame; of several requests the last one counts. */
function redraw(quality: "live" | "full"): void {
  wanted = quality;
  if (!isDrawing) void drawWanted();
}

async function drawWanted(): Promise<void> {
  isDrawing = true;
  while (wanted && engine && (photo || camera.isOn)) {
    const quality = camera.isOn ? "live" : wanted;
    wanted = null;
    const source = nextSource(quality);
    if (!source) {
      await nextFrame();
    } else {
      await draw(source, quality);
    }
    if (camera.isOn) wanted = "live";
  }
  isDrawing = false;
}

function nextSource(quality: "live" | "full"): ImageData | null {
  if (camera.isOn) {
    const frame = camera.grab(Math.min(CAMERA_PIXELS, livePixels()));
    return frame && scaled(frame, frame.width, frame.height);
  }
  const { preview } = photo!;
  return quality === "full" ? preview : limited(preview, livePixels());
}

async function draw(source: ImageData, quality: "live" | "full"): Promise<void> {
  const owner = camera.isOn ? camera : photo;
  const slow = setTimeout(() => setBusy(t("drawing")), 400);
  try {
    const { pixels, milliseconds } = await client.preview({
      pixels: source.data.slice() as Uint8ClampedArray<ArrayBuffer>,
      width: source.width,
      height: source.height,
      shares: shares(),
    });
    // Very small images take no time to speak of.
    pace = milliseconds / Math.max(source.width * source.height, MIN_LIVE_PIXELS);
    if (owner !== (camera.isOn ? camera : photo)) return;
    const isFirst = shown === null;
    shown = { photo: source, stylized: pixels, seconds: milliseconds / 1000 };
    if (camera.isOn) viewer.showPhoto(source);
    showResult();
    if (isFirst && !camera.isOn) viewer.reveal();
    if (quality === "full" || camera.isOn) showFacts();
    board.dataset.drawn = quality;
  } catch (error) {
    wanted = null;
    if (camera.isOn) stopCamera();
    showFailure(error);
  } finally {
    clearTimeout(slow);
    setBusy(null);
  }
}

function livePixels(): number {
  if (pace === null) return FIRST_LIVE_PIXELS;
  return Math.max(MIN_LIVE_PIXELS, LIVE_MILLISECONDS / pace);
}

function showResult(): void {
  if (!shown) return;
  const { width, height } = shown.photo;
  const pixels = new Uint8ClampedArray(shown.stylized);
  mix(shown.photo.data, pixels, Number(strength.value) / 100);
  viewer.showDrawing(new ImageData(pixels, width, height));
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

// Saving ---------------------------------------------------------------------------

async function save(): Promise<void> {
  if (!photo || !engine) return;
  const [width, height] = size.value.split("x").map(Number);
  const type = format.value as "image/png" | "image/jpeg";
  const stem = photo.name.replace(/\.[^.]*$/, "");
  const styles = [firstStyle(), secondStyle()].filter((style) => style !== null);
  const suffix = type === "image/png" ? "png" : "jpg";
  const name = `${stem}-${styles.map((style) => style.name).join("-")}.${suffix}`;
  setWorking(true);
  const job = client.export(
    {
      source: photo.file,
      width,
      height,
      shares: shares(),
      strength: Number(strength.value) / 100,
      type,
    },
    (done, total) => {
      get<HTMLProgressElement>("progress").value = done / total;
      get("status").textContent = t("tiles", { done, total });
    },
  );
  cancelExport = job.cancel;
  try {
    offerFile(await job.result, name);
    get("status").textContent = t("saved", { name });
  } catch (error) {
    const isCanceled = error instanceof JobFailure && error.reason === "canceled";
    get("status").textContent = isCanceled ? t("canceled") : "";
    if (!isCanceled) showFailure(error);
  } finally {
    cancelExport = null;
    setWorking(false);
  }
}

function offerFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has opened the file by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function setWorking(isWorking: boolean): void {
  const hadFocus = document.activeElement === get(isWorking ? "download" : "cancel");
  get("working").hidden = !isWorking;
  download.hidden = isWorking;
  get<HTMLProgressElement>("progress").value = 0;
  if (isWorking) get("status").textContent = "";
  // A hidden button would lose the focus to the page.
  if (hadFocus) get(isWorking ? "cancel" : "download").focus();
}

// Styles ---------------------------------------------------------------------------

function buildGallery(): void {
  const count = manifest.styles.length;
  gallery.style.setProperty("--columns", String(count % 3 && count % 2 === 0 ? 2 : 3));
  for (const style of manifest.styles) {
    const card = document.createElement("label");
    card.className = "card";
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "style";
    input.value = style.name;
    input.checked = style.name === manifest.defaultStyle;
    const image = document.createElement("img");
    image.src = MODEL + style.preview;
    image.alt = "";
    image.width = image.height = 320;
    const name = document.createElement("span");
    name.dataset.style = style.name;
    card.append(input, image, name);
    gallery.append(card);
  }
}

function buildSamples(): void {
  for (const sample of manifest.samples) {
    const button = document.createElement("button");
    button.type = "button";
    const image = document.createElement("img");
    image.src = MODEL + sample.thumbnail;
    image.alt = "";
    image.width = image.height = 320;
    const name = document.createElement("span");
    name.dataset.sample = sample.file;
    button.append(image, name);
    button.addEventListener("click", () => void openSample(sample));
    const item = document.createElement("li");
    item.append(button);
    get("samples").append(item);
  }
}

async function openSample({ file, label }: Manifest["samples"][number]) {
  const name = label[currentLanguage()];
  try {
    const response = await fetch(MODEL + file);
    await openPhoto(await response.blob(), name);
  } catch {
    showNotice(() => t("unreadable", { name }));
  }
}

function firstStyle(): Style {
  const checked = gallery.querySelector<HTMLInputElement>("input:checked");
  return manifest.styles.find((style) => style.name === checked?.value)!;
}

function secondStyle(): Style | null {
  return manifest.styles.find((style) => style.name === second.value) ?? null;
}

function shares(): Record<string, number> {
  const [first, other] = [firstStyle(), secondStyle()];
  if (!other) return { [first.name]: 1 };
  const share = Number(blend.value) / 100;
  return { [first.name]: 1 - share, [other.name]: share };
}

// Texts ----------------------------------------------------------------------------

/** Fill in everything that depends on the language or the settings. */
function showTexts(): void {
  if (!manifest) return;
  const language = currentLanguage();
  get<HTMLImageElement>("hero").alt = t("hero");
  for (const style of manifest.styles) {
    const name = gallery.querySelector(`[data-style="${style.name}"]`)!;
    name.textContent = style.label[language];
  }
  for (const sample of manifest.samples) {
    const name = document.querySelector(`[data-sample="${sample.file}"]`)!;
    name.textContent = sample.label[language];
  }
  showSecondStyles();
  showBlend();
  showStrength();
  showSizes();
  showCredits();
  showFacts();
}

function showSecondStyles(): void {
  const first = firstStyle();
  const others = manifest.styles.filter((style) => style !== first);
  const chosen = second.value;
  second.replaceChildren(
    new Option(t("none"), ""),
    ...others.map((style) => new Option(style.label[currentLanguage()], style.name)),
  );
  second.value = others.some((style) => style.name === chosen) ? chosen : "";
  get("blend-row").hidden = second.value === "";
}

function showBlend(): void {
  const [first, other] = [firstStyle(), secondStyle()].map(
    (style) => style?.label[currentLanguage()] ?? "",
  );
  const b = Number(blend.value);
  get("blend-first").textContent = `${first} ${100 - b}%`;
  get("blend-second").textContent = `${other} ${b}%`;
  fillTrack(blend);
  const text = t("blendValue", { first, a: 100 - b, second: other, b });
  blend.setAttribute("aria-valuetext", text);
  const name = other ? `${first} + ${other}` : first;
  get("after-tag").textContent = name;
  viewer.describe(photo?.name ?? t("camera"), name);
}

function showStrength(): void {
  get("strength-value").textContent = `${strength.value}%`;
  strength.setAttribute("aria-valuetext", `${strength.value}%`);
  fillTrack(strength);
}

function fillTrack(slider: HTMLInputElement): void {
  slider.style.setProperty("--value", `${slider.value}%`);
}

function showSizes(): void {
  const chosen = size.selectedIndex;
  if (!photo) {
    size.replaceChildren(new Option(t("sizeEmpty"), ""));
  } else {
    const { width, height, preview } = photo;
    const option = (key: "sizeOriginal" | "sizePreview", w: number, h: number) =>
      new Option(t(key, { width: w, height: h }), `${w}x${h}`);
    size.replaceChildren(option("sizeOriginal", width, height));
    if (preview.width !== width || preview.height !== height) {
      size.append(option("sizePreview", preview.width, preview.height));
    }
    size.selectedIndex = Math.min(Math.max(chosen, 0), size.length - 1);
  }
  size.disabled = format.disabled = !photo;
  download.disabled = !photo || !engine || camera.isOn;
  showSizeNote();
}

function showSizeNote(): void {
  if (cancelExport) return;
  const isFiner = size.length > 1 && size.selectedIndex === 0;
  get("status").textContent = isFiner ? t("finer") : "";
}

function showFacts(): void {
  if (!shown) {
    get("facts").textContent = "";
    return;
  }
  const { width, height } = shown.photo;
  const seconds = shown.seconds.toFixed(2);
  if (camera.isOn) {
    const rate = Math.round(1 / Math.max(shown.seconds, 0.01));
    get("facts").textContent = t("factsCamera", { width, height, rate });
  } else if (photo && photo.width !== width) {
    const full = { fullWidth: photo.width, fullHeight: photo.height };
    get("facts").textContent = t("factsScaled", { width, height, seconds, ...full });
  } else {
    get("facts").textContent = t("factsPhoto", { width, height, seconds });
  }
}

function showCredits(): void {
  const language = currentLanguage();
  const entries = [...manifest.styles, ...manifest.samples].flatMap((item) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = item.label[language];
    text.textContent = item.credit;
    return [term, text];
  });
  get("credits").replaceChildren(...entries);
  if (!engine) return;
  const { provider, threads } = engine;
  const key = provider === "webgpu" ? "webgpu" : threads > 1 ? "wasm" : "wasmOne";
  get("engine").textContent = t("engine", { engine: t(key, { threads }) });
}

// State ----------------------------------------------------------------------------

function setBoard(state: "empty" | "photo" | "camera"): void {
  board.dataset.state = state;
  delete board.dataset.drawn;
  get("empty").hidden = state !== "empty";
  get("viewer").hidden = state === "empty";
  get("strip").hidden = state === "empty";
  get("photo-actions").hidden = state === "camera";
  get("camera-actions").hidden = state !== "camera";
}

function setBusy(text: string | null): void {
  get("busy").hidden = text === null;
  get("busy-text").textContent = text ?? "";
}

/** Show a message, which is put in words again when the language changes. */
function showNotice(message: (() => string) | null): void {
  notice = message;
  get("notice").hidden = message === null;
  get("notice-text").textContent = message?.() ?? "";
}

function showFailure(error: unknown): void {
  const reason = error instanceof JobFailure ? error.reason : "engine";
  if (reason === "unreadable") {
    showNotice(() => t("unreadable", { name: photo?.name ?? "" }));
  } else if (reason === "too-large") {
    showNotice(() => t("tooLarge"));
  } else {
    showNotice(() => t("engineFailed", { message: messageOf(error) }));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function storedTheme(): "light" | "dark" | null {
  try {
    const stored = localStorage.getItem("theme");
    return stored === "light" || stored === "dark" ? stored : null;
  } catch {
    return null;
  }
}

function applyTheme(theme: "light" | "dark" | null): void {
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = theme ?? (systemIsDark ? "dark" : "light");
  if (!theme) return;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Private windows may refuse storage.
  }
}
