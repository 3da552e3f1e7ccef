/** The page's side of the worker, as promises. */

import type {
  EngineChoice,
  EngineFacts,
  ExportJob,
  FailureReason,
  PreviewJob,
  PreviewResult,
  Reply,
  Request,
} from "./worker/protocol.ts";

/** A job that failed, with a reason that the page can put in words. */
export class JobFailure extends Error {
  constructor(
    readonly reason: FailureReason,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  resolve(value: any): void;
  reject(error: JobFailure): void;
  progress?(done: number, total: number): void;
}

export class Client {
  readonly started: Promise<EngineFacts>;
  private readonly worker = new Worker(
    new URL("./worker/worker.ts", import.meta.url),
    { type: "module" },
  );
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /**
   * Start the worker.
   *
   * @param folder Address of the model's folder, which ends with a slash.
   */
  constructor(folder: string, engine: EngineChoice) {
    this.started = new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message));
      this.worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if (data.kind === "started") resolve(data.facts);
        else if (data.kind === "not-started") reject(new Error(data.message));
        else this.receive(data);
      };
    });
    this.send({ kind: "start", folder, engine });
  }

  preview(job: Omit<PreviewJob, "kind">): Promise<PreviewResult> {
    return this.submit({ kind: "preview", ...job }).result;
  }

  /** Make a file; `cancel` ends it before the next tile. */
  export(
    job: Omit<ExportJob, "kind">,
    progress: (done: number, total: number) => void,
  ): { result: Promise<Blob>; cancel: () => void } {
    const { id, result } = this.submit({ kind: "export", ...job }, progress);
    return { result, cancel: () => this.send({ kind: "cancel", id }) };
  }

  private submit(job: PreviewJob | ExportJob, progress?: Waiting["progress"]) {
    const id = ++this.lastId;
    const result = new Promise<any>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
    });
    this.send({ kind: "job", id, job });
    return { id, result };
  }

  private receive(reply: Exclude<Reply, { kind: "started" | "not-started" }>): void {
    const waiting = this.waiting.get(reply.id)!;
    if (reply.kind === "progress") {
      waiting.progress?.(reply.done, reply.total);
      return;
    }
    this.waiting.delete(reply.id);
    if (reply.kind === "failed") {
      waiting.reject(new JobFailure(reply.reason, reply.message));
    } else {
      waiting.resolve(reply.kind === "preview" ? reply.result : reply.file);
    }
  }

  private send(request: Request): void {
    this.worker.postMessage(request);
  }
}
