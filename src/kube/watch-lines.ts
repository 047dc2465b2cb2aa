import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Readonly<Record<string, unknown>>;
}

/** A watch that fell silent: its connection is most likely dead. */
export class SilentWatchError extends Error {
  override readonly name = 'SilentWatchError';
}

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);
const LINE_MAX = 16 * 1024 * 1024;

/**
 * The events of a watch as they come in, whatever the pieces they come in. Ends when the server ends the stream.
 *
 * @throws SilentWatchError after `silenceMs` without a byte; Error on a line that is no event; whatever the stream throws.
 */
export async function* watchEvents(body: Readable, silenceMs: number): AsyncGenerator<WatchEvent> {
  const silence = setTimeout(() => body.destroy(new SilentWatchError(`nothing came for ${silenceMs} ms`)), silenceMs);
  try {
    for await (const line of linesOf(body, () => silence.refresh())) {
      if (line.trim() !== '') yield eventOf(line);
    }
  } finally {
    clearTimeout(silence);
    body.destroy();
  }
}

async function* linesOf(body: Readable, heard: () => void): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    heard();
    // Only the new piece is searched: a long line in small pieces would otherwise cost the square of its length.
    const [first = '', ...others] = decoder.write(chunk as Buffer).split('\n');
    pieces.push(first);
    length += first.length;
    for (const next of others) {
      yield pieces.join('');
      pieces = [next];
      length = next.length;
    }
    if (length > LINE_MAX) throw new Error('a line of the watch is longer than 16 MiB');
  }
  if (pieces.join('').trim() !== '') throw new Error('the watch ended in the middle of an event');
}

function eventOf(line: string): WatchEvent {
  const value = parse(line);
  if (!isEvent(value)) throw new Error('a line of the watch is no event');
  return value;
}

// The parser's own message quotes the line, which may be a Secret.
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('a line of the watch is not JSON');
  }
}

function isEvent(value: unknown): value is WatchEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, object } = value as Record<string, unknown>;
  return TYPES.has(type) && typeof object === 'object' && object !== null;
}
