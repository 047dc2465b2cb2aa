import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Agent, EnvHttpProxyAgent, fetch, type Dispatcher } from 'undici';

export interface Download {
  readonly url: string;
  /** SHA-512 of the content in hex. */
  readonly sha512: string;
  /** The file to write. Unchecked until `download` has returned. */
  readonly to: string;
  /** Milliseconds until the first byte of the content, connecting and redirects included. Default 3,000. */
  readonly firstByteMs?: number;
  /** Milliseconds without a byte after which we give up. Default 15,000. */
  readonly stallMs?: number;
  /** Bytes that the content may have at most. Default 300 MB. */
  readonly maxBytes?: number;
  readonly received?: (bytes: number, total: number | undefined) => void;
}

/** Downloads a file and checks its sum. Proxies of the environment are honoured. Throws an error for people; what was written is not to be used then. */
export async function download(request: Download): Promise<void> {
  const patience = new Patience(request.firstByteMs ?? 3_000);
  const dispatcher = dispatcherFor(request.url);
  try {
    await receive(request, patience, dispatcher);
  } catch (error) {
    throw new Error(`${request.url}: ${patience.spent ?? reasonOf(error)}`, { cause: error });
  } finally {
    patience.end();
    await dispatcher.destroy().catch(() => undefined);
  }
}

async function receive(request: Download, patience: Patience, dispatcher: Dispatcher): Promise<void> {
  const { url, sha512, to, stallMs = 15_000, maxBytes = 300_000_000, received } = request;
  const response = await fetch(url, { dispatcher, signal: patience.signal });
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  const total = Number(response.headers.get('content-length')) || undefined;
  const hash = createHash('sha512');
  let bytes = 0;
  const observe = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      patience.renew(stallMs);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes, this is not the file we know`);
      hash.update(chunk);
      received?.(bytes, total);
      yield chunk;
    }
  };
  await pipeline(response.body as AsyncIterable<Uint8Array>, observe, createWriteStream(to, { mode: 0o600 }));
  const sum = hash.digest('hex');
  if (sum !== sha512)
    throw new Error(`wrong checksum, nothing was unpacked (SHA-512 ${sum.slice(0, 16)}…, expected ${sha512.slice(0, 16)}…)`);
}

// A proxy of the environment is for the outside; it cannot reach a server on this machine.
function dispatcherFor(url: string): Dispatcher {
  return ['127.0.0.1', 'localhost'].includes(new URL(url).hostname) ? new Agent() : new EnvHttpProxyAgent();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return cause.message || code || error.message;
}

// Aborts when nothing has come for the time given last.
class Patience {
  spent: string | undefined;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.timer = this.arm(ms);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  renew(ms: number): void {
    clearTimeout(this.timer);
    this.timer = this.arm(ms);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private arm(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.spent = `nothing came for ${ms / 1000} s`;
      this.controller.abort();
    }, ms);
  }
}
