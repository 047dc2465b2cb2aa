import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SilentWatchError, watchEvents } from '../../src/kube/watch-lines.ts';

const added = (name: string): Record<string, unknown> => ({ type: 'ADDED', object: { metadata: { name } } });

function linesOf(events: readonly unknown[]): Buffer {
  return Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

async function read(body: Readable, silenceMs = 60_000): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of watchEvents(body, silenceMs)) events.push(event);
  return events;
}

/** `bytes` in pieces that end at `cuts`. */
function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

describe('watchEvents', () => {
  test('gives the same events whatever pieces they come in, half characters included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), async (names, cuts) => {
        const events = names.map(added);
        expect(await read(Readable.from(inPieces(linesOf(events), cuts)))).toEqual(events);
      }),
    );
  });

  test('gives an event as soon as its line is whole', async () => {
    const body = new Readable({ read: () => undefined });
    const events = watchEvents(body, 60_000);
    body.push(linesOf([added('a')]));
    body.push('{"type":"ADD');
    expect(await events.next()).toEqual({ done: false, value: added('a') });
    body.push('ED","object":{}}\n');
    expect(await events.next()).toEqual({ done: false, value: { type: 'ADDED', object: {} } });
    await events.return(undefined);
    expect(body.destroyed).toBe(true);
  });

  test('passes over empty lines, with either line ending', async () => {
    expect(await read(Readable.from([Buffer.from(`\n\r\n${JSON.stringify(added('a'))}\r\n\n`)]))).toEqual([added('a')]);
  });

  test('says so when the stream ends in the middle of an event', async () => {
    await expect(read(Readable.from([Buffer.from('{"type":"ADDED","obj')]))).rejects.toThrow('in the middle of an event');
  });

  test.each(['hello', '[]', '"ADDED"', 'null', '{}', '{"type":"ADDED"}', '{"type":"ADDED","object":null}', '{"type":"LOST","object":{}}'])(
    'refuses the line %s',
    async (line) => {
      await expect(read(Readable.from([Buffer.from(`${line}\n`)]))).rejects.toThrow(/is no event|is not JSON/);
    },
  );

  test('does not quote a line that is not JSON: it may be part of a Secret', async () => {
    const failure: unknown = await read(Readable.from([Buffer.from('hunter2 {"type":\n')])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(`${(failure as Error).message} ${String((failure as Error).cause)}`).not.toContain('hunter2');
  });

  test('refuses a line without end before it fills the memory', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1024 * 1024, 'x'));
      },
    });
    await expect(read(endless)).rejects.toThrow('longer than 16 MiB');
    expect(endless.destroyed).toBe(true);
  });

  test('takes a long line in small pieces in time that grows with its length only', async () => {
    const line = linesOf([added('x'.repeat(8 * 1024 * 1024))]);
    const pieces = Array.from({ length: Math.ceil(line.length / 1024) }, (_, index) => line.subarray(index * 1024, (index + 1) * 1024));
    const begun = performance.now();
    expect(await read(Readable.from(pieces))).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test('gives up a stream on which nothing comes', async () => {
    const silent = new Readable({ read: () => undefined });
    await expect(read(silent, 20)).rejects.toThrow(SilentWatchError);
    expect(silent.destroyed).toBe(true);
  });

  test('counts any byte as life', async () => {
    const slow = Readable.from(
      (async function* () {
        for (const piece of inPieces(linesOf([added('slow')]), [5, 10, 15, 20, 25])) {
          await new Promise((resolve) => setTimeout(resolve, 40));
          yield piece;
        }
      })(),
    );
    expect(await read(slow, 150)).toEqual([added('slow')]);
  });

  test('throws what the stream throws', async () => {
    const body = new Readable({ read: () => undefined });
    const reading = read(body);
    body.destroy(new Error('connection reset'));
    await expect(reading).rejects.toThrow('connection reset');
  });
});
