import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coalesceReads } from '../../src/admission/coalesce.ts';

interface Read {
  readonly key: string;
  answer(value: string): void;
  fail(error: Error): void;
}

/** Reads that end when the test says so. */
function controlled(): { readonly reads: Read[]; readonly ask: (key: string) => Promise<string> } {
  const reads: Read[] = [];
  const ask = coalesceReads((key) => new Promise<string>((answer, fail) => void reads.push({ key, answer, fail })));
  return { reads, ask };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('coalesced reads', () => {
  test('one caller is one read', async () => {
    const { reads, ask } = controlled();
    const answer = ask('a');
    reads[0]?.answer('1');
    expect(await answer).toBe('1');
    expect(reads).toHaveLength(1);
  });

  test('callers who come while a read is under way share the next one, and never that one', async () => {
    const { reads, ask } = controlled();
    const first = ask('a');
    const second = ask('a');
    const third = ask('a');
    await settle();
    expect(reads).toHaveLength(1);
    reads[0]?.answer('old');
    expect(await first).toBe('old');
    await settle();
    expect(reads).toHaveLength(2);
    reads[1]?.answer('new');
    expect(await Promise.all([second, third])).toEqual(['new', 'new']);
    await settle();
    expect(reads).toHaveLength(2);
  });

  test('a caller who comes when the next read is already sent waits for the one after', async () => {
    const { reads, ask } = controlled();
    void ask('a');
    const second = ask('a');
    reads[0]?.answer('1');
    await settle();
    const third = ask('a');
    reads[1]?.answer('2');
    expect(await second).toBe('2');
    await settle();
    reads[2]?.answer('3');
    expect(await third).toBe('3');
  });

  test('a failed read fails its own callers only', async () => {
    const { reads, ask } = controlled();
    const first = ask('a');
    const second = ask('a');
    reads[0]?.fail(new Error('reset'));
    await expect(first).rejects.toThrow('reset');
    await settle();
    reads[1]?.answer('fine');
    expect(await second).toBe('fine');
  });

  test('keys do not wait for each other', async () => {
    const { reads, ask } = controlled();
    void ask('a');
    const other = ask('b');
    reads[1]?.answer('b1');
    expect(await other).toBe('b1');
  });

  test('after everything is answered nothing is kept', async () => {
    const { reads, ask } = controlled();
    const first = ask('a');
    reads[0]?.answer('1');
    await first;
    await settle();
    const second = ask('a');
    expect(reads).toHaveLength(2);
    reads[1]?.answer('2');
    expect(await second).toBe('2');
  });

  test('in any order of events: one read a key in flight, every answer sent after its caller asked, at most two reads of waiting', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('ask', 'end', 'fail', 'wait'), { maxLength: 60 }), async (steps) => {
        let clock = 0;
        let inFlight = 0;
        const open: ((failed: boolean) => void)[] = [];
        const ask = coalesceReads(
          () =>
            new Promise<number>((resolve, reject) => {
              const sent = (clock += 1);
              expect((inFlight += 1)).toBe(1);
              open.push((failed) => {
                inFlight -= 1;
                if (failed) reject(new Error('failed'));
                else resolve(sent);
              });
            }),
        );
        const answers: Promise<void>[] = [];
        for (const step of steps) {
          if (step === 'ask') {
            const asked = (clock += 1);
            answers.push(
              ask('k').then(
                (sent) => expect(sent).toBeGreaterThan(asked),
                () => undefined,
              ),
            );
          } else if (step === 'wait') await settle();
          else open.shift()?.(step === 'fail');
        }
        for (let round = 0; round < 3; round += 1) {
          open.shift()?.(false);
          await settle();
        }
        await Promise.all(answers);
        expect(inFlight).toBe(0);
      }),
    );
  });
});
