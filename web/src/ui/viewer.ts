/** The photo and its drawing on top of each other, with a divider between them. */

import { t } from "./i18n.ts";

export class Viewer {
  private readonly before: HTMLCanvasElement;
  private readonly after: HTMLCanvasElement;
  private readonly scratch = document.createElement("canvas");

  constructor(
    private readonly frame: HTMLElement,
    private readonly compare: HTMLInputElement,
  ) {
    [this.before, this.after] = frame.querySelectorAll("canvas");
    compare.addEventListener("input", () => {
      this.frame.classList.remove("sweep");
      this.update();
    });
    this.update();
  }

  /** Position of the divider: the share of the photo that is visible, in percent. */
  get cut(): number {
    return Number(this.compare.value);
  }

  set cut(percent: number) {
    this.compare.value = String(percent);
    this.update();
  }

  /** Show a photo; the drawing is the photo until `showDrawing`. */
  showPhoto(photo: ImageData): void {
    const { width, height } = photo;
    const isNewSize = this.before.width !== width || this.before.height !== height;
    if (isNewSize) {
      this.before.width = this.after.width = width;
      this.before.height = this.after.height = height;
      const board = this.frame.closest<HTMLElement>(".board")!;
      board.style.setProperty("--ratio", String(width / height));
    }
    this.before.getContext("2d")!.putImageData(photo, 0, 0);
    if (isNewSize) this.showDrawing(photo);
  }

  /** Show a drawing, which is scaled to the size of the photo. */
  showDrawing(drawing: ImageData): void {
    const context = this.after.getContext("2d")!;
    if (drawing.width === this.after.width && drawing.height === this.after.height) {
      context.putImageData(drawing, 0, 0);
      return;
    }
    this.scratch.width = drawing.width;
    this.scratch.height = drawing.height;
    this.scratch.getContext("2d")!.putImageData(drawing, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.scratch, 0, 0, this.after.width, this.after.height);
  }

  /** Move the divider slowly from the photo's edge, to show that it moves. */
  reveal(): void {
    this.frame.classList.remove("sweep");
    this.cut = 100;
    requestAnimationFrame(() => {
      this.frame.classList.add("sweep");
      this.cut = 50;
    });
  }

  describe(photoName: string, styleName: string): void {
    this.before.setAttribute("aria-label", t("beforeAlt", { name: photoName }));
    this.after.setAttribute("aria-label", t("afterAlt", { style: styleName }));
    this.update();
  }

  private update(): void {
    this.frame.style.setProperty("--cut", `${this.cut}%`);
    const text = t("compareValue", { percent: this.cut });
    this.compare.setAttribute("aria-valuetext", text);
  }
}
