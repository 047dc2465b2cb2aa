import { describe, expect, test } from 'vitest';
import { report } from '../../../bench/report/report.ts';
import type { Measurements } from '../../../bench/measurements.ts';
import { measurements, patchCell } from '../measurements.ts';

const surroundings = { date: 'today', machine: 'two processors', load: '0.10', node: 'v20', kubernetes: 'v1.35', etcd: 'fsync off' };

function lineWith(found: Measurements, words: string): string {
  return (
    report({ surroundings, measurements: found })
      .split('\n')
      .find((line) => line.includes(words)) ?? ''
  );
}

describe('report', () => {
  test('says whether etcd waited for the disk', () => {
    expect(lineWith(measurements(), 'etcd:')).toContain('fsync off');
  });

  test('says why a contender was left out', () => {
    const missing = { contender: 'original', title: 'aalpar/janus', missing: 'there is no Go on PATH' } as const;
    expect(lineWith({ ...measurements(), appearances: [missing] }, 'aalpar/janus')).toContain('LEFT OUT: there is no Go on PATH');
  });

  test('shows how many times as long the original takes', () => {
    const found = measurements(patchCell('original', 10, [680]), patchCell('janus', 10, [85]));
    expect(lineWith(found, 'janus')).toContain('8.0×');
  });

  test('shows the contenders of one workload below each other', () => {
    const cells = [
      patchCell('original', 10, [1]),
      patchCell('original', 50, [1]),
      patchCell('janus', 10, [1]),
      patchCell('janus', 50, [1]),
    ];
    const rows = report({ surroundings, measurements: measurements(...cells) })
      .split('\n')
      .filter((line) => line.startsWith('Patch '));
    expect(rows.map((row) => /^Patch (\d+) in one transaction +(\w+)/.exec(row)?.slice(1).join(' '))).toEqual([
      '10 original',
      '10 janus',
      '50 original',
      '50 janus',
    ]);
  });

  test('shows a failure as one, with its reason and without a figure an item', () => {
    const found = measurements(patchCell('original', 10, [300], { outcome: 'Failed', detail: 'too\nlarge' }));
    expect(lineWith(found, 'Failed')).toMatch(/Failed .*– +– +– +–$/);
    expect(report({ surroundings, measurements: found })).toContain('too large');
  });
});
