/** Texts of the page in English and Chinese. */

export type Language = "en" | "zh";

const TEXTS = {
  en: {
    title: "animegan · photos redrawn in your browser",
    skip: "Skip to the styles",
    privacy: "Runs on this device. Nothing is uploaded.",
    theme: "Switch between light and dark",
    stage: "Image",
    headline: "Your photo, redrawn.",
    lead:
      "Drop an image here, paste one, or pick it from this device. " +
      "A small neural network draws it in the style you choose, inside this page.",
    open: "Open image",
    camera: "Camera",
    samples: "Or try one of these",
    hero: "One portrait, as a photo and in every style",
    before: "Photo",
    beforeAlt: "The photo, {name}",
    afterAlt: "The photo as a drawing, {style}",
    compare: "Divider between photo and drawing",
    compareValue: "{percent}% of the photo shown",
    drop: "Drop to open",
    dismiss: "Dismiss",
    shutter: "Take photo",
    switchCamera: "Other camera",
    stopCamera: "Stop",
    cameraPhoto: "camera",
    pasted: "pasted image",
    panel: "Settings",
    style: "Style",
    blendWith: "Blend with",
    none: "None",
    blend: "Blend between the two styles",
    blendValue: "{first} {a}%, {second} {b}%",
    strength: "Strength",
    size: "Size",
    sizeOriginal: "Original, {width} × {height}",
    sizePreview: "As shown, {width} × {height}",
    sizeEmpty: "No image yet",
    format: "Format",
    download: "Download",
    progress: "Progress",
    cancel: "Cancel",
    about: "About",
    aboutText:
      "Images are decoded, redrawn and saved by this browser. The page may only " +
      "load its own files and works without a network once it has been opened.",
    engine: "Engine: {engine}",
    webgpu: "WebGPU",
    wasm: "WebAssembly, {threads} threads",
    wasmOne: "WebAssembly, 1 thread",
    loading: "Loading the network",
    drawing: "Drawing",
    decoding: "Reading the image",
    starting: "Starting the camera",
    factsPhoto: "{width} × {height} · {seconds} s",
    factsScaled: "{width} × {height} shown of {fullWidth} × {fullHeight} · {seconds} s",
    factsCamera: "{width} × {height} · {rate} images per second",
    tiles: "Tile {done} of {total}",
    saved: "Saved {name}",
    canceled: "Canceled",
    finer: "At its original size the image is drawn with finer lines.",
    unreadable:
      "{name} could not be read. Choose a JPEG, PNG, WebP, AVIF or GIF image.",
    tooLarge: "The image is larger than this browser can hold. Choose a smaller size.",
    engineFailed: "The image could not be drawn: {message}",
    notStarted:
      "The network could not be loaded. Reload the page, or try another browser. " +
      "({message})",
    noImage: "There is no image on the clipboard.",
    cameraDenied: "The camera could not be opened. Allow it in the browser's settings.",
  },
  zh: {
    title: "animegan · 在浏览器中重绘照片",
    skip: "跳到风格选择",
    privacy: "全程在本机运行，不上传任何内容。",
    theme: "切换浅色与深色",
    stage: "图片",
    headline: "换一种笔触，看你的照片。",
    lead:
      "把图片拖到这里、直接粘贴，或从本机选取。" +
      "一个小巧的神经网络就在此页面内，按你选的风格重新绘制。",
    open: "打开图片",
    camera: "摄像头",
    samples: "或者试试这些图片",
    hero: "同一张人像：原图与每一种风格",
    before: "原图",
    beforeAlt: "原图：{name}",
    afterAlt: "重绘后的图片：{style}",
    compare: "原图与重绘图的分界线",
    compareValue: "原图显示 {percent}%",
    drop: "松开即可打开",
    dismiss: "关闭",
    shutter: "拍照",
    switchCamera: "切换镜头",
    stopCamera: "停止",
    cameraPhoto: "拍摄的照片",
    pasted: "粘贴的图片",
    panel: "设置",
    style: "风格",
    blendWith: "混合",
    none: "无",
    blend: "两种风格之间的混合比例",
    blendValue: "{first} {a}%，{second} {b}%",
    strength: "强度",
    size: "尺寸",
    sizeOriginal: "原始尺寸 {width} × {height}",
    sizePreview: "预览尺寸 {width} × {height}",
    sizeEmpty: "尚未选择图片",
    format: "格式",
    download: "下载",
    progress: "进度",
    cancel: "取消",
    about: "关于",
    aboutText:
      "图片的解码、重绘与保存都由浏览器完成。页面只能加载自身的文件；打开过一次之后，断网也能使用。",
    engine: "运行方式：{engine}",
    webgpu: "WebGPU",
    wasm: "WebAssembly，{threads} 线程",
    wasmOne: "WebAssembly，1 线程",
    loading: "正在加载网络",
    drawing: "正在绘制",
    decoding: "正在读取图片",
    starting: "正在启动摄像头",
    factsPhoto: "{width} × {height} · {seconds} 秒",
    factsScaled: "预览 {width} × {height}，原图 {fullWidth} × {fullHeight} · {seconds} 秒",
    factsCamera: "{width} × {height} · 每秒 {rate} 帧",
    tiles: "第 {done} 块，共 {total} 块",
    saved: "已保存 {name}",
    canceled: "已取消",
    finer: "以原始尺寸绘制时，线条会更细致。",
    unreadable: "无法读取 {name}。请选择 JPEG、PNG、WebP、AVIF 或 GIF 图片。",
    tooLarge: "图片超出此浏览器的上限，请选择较小的尺寸。",
    engineFailed: "绘制失败：{message}",
    notStarted: "网络加载失败。请刷新页面，或换一个浏览器。（{message}）",
    noImage: "剪贴板中没有图片。",
    cameraDenied: "无法打开摄像头。请在浏览器设置中允许使用。",
  },
} as const;

export type TextKey = keyof (typeof TEXTS)["en"];

let language: Language = initialLanguage();

export function currentLanguage(): Language {
  return language;
}

export function setLanguage(value: Language): void {
  language = value;
  try {
    localStorage.setItem("language", value);
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  translatePage();
}

/** Look up a text and fill its `{names}`. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Put the texts of the language into the page. */
export function translatePage(): void {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = t("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-i18n]")) {
    element.textContent = t(element.dataset.i18n as TextKey);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-i18n-label]")) {
    element.setAttribute("aria-label", t(element.dataset.i18nLabel as TextKey));
  }
  const button = document.getElementById("language")!;
  button.textContent = language === "zh" ? "English" : "中文";
  button.lang = language === "zh" ? "en" : "zh-Hans";
}

function initialLanguage(): Language {
  try {
    const stored = localStorage.getItem("language");
    if (stored === "en" || stored === "zh") return stored;
  } catch {
    // See above.
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
