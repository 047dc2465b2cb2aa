import { describe, expect, test } from 'vitest';
import { memoryOf, parseStatus } from '../../../bench/measure/memory.ts';

describe('parseStatus', () => {
  test('reads the resident and the highest size in MiB', () => {
    expect(parseStatus('Name:\tnode\nVmPeak:\t 9999 kB\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n')).toEqual({ resident: 1, peak: 2 });
  });

  test('knows nothing of a process without memory of its own', () => {
    expect(parseStatus('Name:\tkthreadd\n')).toBeUndefined();
  });
});

describe('memoryOf', () => {
  test.runIf(process.platform === 'linux')('of this process is more than nothing, and the peak not below it', async () => {
    const memory = await memoryOf(process.pid);
    expect(memory?.resident).toBeGreaterThan(1);
    expect(memory?.peak).toBeGreaterThanOrEqual(memory?.resident ?? Infinity);
  });

  test('of a process that does not exist is unknown', async () => {
    expect(await memoryOf(-1)).toBeUndefined();
  });
});
