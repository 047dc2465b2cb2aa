import type { IncomingMessage } from 'node:http';

/** The HTTP request cannot be read as a review; `code` is the HTTP status to answer with. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  readonly code: 400 | 408 | 413 | 415;

  constructor(code: 400 | 408 | 413 | 415, message: string) {
    super(message);
    this.code = code;
  }
}

export interface BodyLimits {
  /** Largest body in bytes. A review holds the new and the old object, each up to 3 MiB. */
  readonly bodyBytes: number;
  /** Milliseconds until the last byte must have come. */
  readonly bodyMs: number;
}

/** Reads and parses a JSON body within limits. Throws `UnreadableBody`. */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new UnreadableBody(415, 'Content-Type must be application/json.');
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new UnreadableBody(415, 'Content-Encoding is not supported.');
  return parseJson(await readAll(request, limits));
}

// Bytes that are not UTF-8 would otherwise be replaced silently, and two different objects could look alike.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch {
    throw new UnreadableBody(400, 'The body is not JSON in UTF-8.');
  }
}

function readAll(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const tooLarge = new UnreadableBody(413, `The body is larger than ${limits.bodyBytes} bytes, the most that is reviewed.`);
  if (Number(request.headers['content-length']) > limits.bodyBytes) return Promise.reject(tooLarge);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => fail(new UnreadableBody(408, `The body did not arrive within ${limits.bodyMs} ms.`)), limits.bodyMs);
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limits.bodyBytes) fail(tooLarge);
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      stop();
      resolve(Buffer.concat(chunks, size));
    };
    const onGone = (): void => fail(new UnreadableBody(400, 'The body ended early.'));
    const stop = (): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      // Without a listener a late socket error would end the process.
      request.on('error', () => undefined);
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}
