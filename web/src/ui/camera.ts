/** The camera: a video stream of which single frames are taken. */

export class Camera {
  private stream: MediaStream | null = null;
  private devices: string[] = [];

  constructor(private readonly video: HTMLVideoElement) {}

  get isOn(): boolean {
    return this.stream !== null;
  }

  /** Number of cameras of the device, known once one is on. */
  get count(): number {
    return this.devices.length;
  }

  /** Turn a camera on. Rejects if there is none or it is not allowed. */
  async start(deviceId?: string): Promise<void> {
    this.stop();
    const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
    const choice = deviceId ? { deviceId } : { facingMode: "environment" };
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { ...size, ...choice },
    });
    this.stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.devices = devices
      .filter((device) => device.kind === "videoinput")
      .map((device) => device.deviceId);
  }

  /** Turn the next camera of the device on. */
  async next(): Promise<void> {
    const current = this.stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
    const index = this.devices.indexOf(current);
    await this.start(this.devices[(index + 1) % this.devices.length]);
  }

  stop(): void {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  /**
   * Take the current frame.
   *
   * @param maxPixels Number of pixels to which it is scaled down.
   */
  grab(maxPixels: number): HTMLCanvasElement | null {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth || !videoHeight) return null;
    const scale = Math.min(1, Math.sqrt(maxPixels / (videoWidth * videoHeight)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(videoWidth * scale));
    canvas.height = Math.max(1, Math.round(videoHeight * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
}
