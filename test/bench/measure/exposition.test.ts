import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { increase, seriesOf, total } from '../../../bench/measure/exposition.ts';

describe('seriesOf', () => {
  test('reads labels and values of the metric it is asked for', () => {
    const text = [
      '# TYPE requests_total counter',
      'requests_total{verb="GET",code="200"} 12',
      'requests_total{verb="PUT",code="409"} 3',
    ].join('\n');
    expect(seriesOf(text, 'requests_total')).toEqual([
      { labels: { verb: 'GET', code: '200' }, value: 12 },
      { labels: { verb: 'PUT', code: '409' }, value: 3 },
    ]);
  });

  test('reads a series without labels', () => {
    expect(seriesOf('up 1\n', 'up')).toEqual([{ labels: {}, value: 1 }]);
  });

  test('does not take a metric whose name only begins the same', () => {
    expect(seriesOf('requests_total_bytes{a="b"} 5\nrequests_total_x 1', 'requests_total')).toEqual([]);
  });

  test('does not take comments about the metric', () => {
    expect(seriesOf('# HELP up Whether it is up.\n# TYPE up gauge\nup 0', 'up')).toHaveLength(1);
  });

  test('reads values in exponent form and ignores a timestamp', () => {
    expect(seriesOf('size{a="b"} 1.5e+06 1700000000000', 'size')[0]?.value).toBe(1_500_000);
  });

  test('reads back whatever a label value holds', () => {
    const escape = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (first, second, value) => {
        const text = `m{a="${escape(first)}",b="${escape(second)}"} ${value}`;
        expect(seriesOf(text, 'm')).toEqual([{ labels: { a: first, b: second }, value }]);
      }),
      {
        examples: [
          ['}', ',b="x"', 1],
          ['\\n', '\n', 2],
        ],
      },
    );
  });
});

describe('increase', () => {
  const series = (value: number, labels: Record<string, string> = { verb: 'GET' }) => ({ labels, value });

  test('is what was added', () => {
    expect(increase([series(5)], [series(8)])).toEqual([series(3)]);
  });

  test('counts a series that was not there before from zero', () => {
    expect(increase([], [series(2)])).toEqual([series(2)]);
  });

  test('leaves out what did not move', () => {
    expect(increase([series(5)], [series(5)])).toEqual([]);
  });

  test('knows a series again whose labels come in another order', () => {
    expect(increase([series(1, { a: '1', b: '2' })], [series(4, { b: '2', a: '1' })])[0]?.value).toBe(3);
  });

  test('keeps apart series that share their values but not their labels', () => {
    expect(increase([series(1, { a: 'x' })], [series(1, { b: 'x' })])).toEqual([series(1, { b: 'x' })]);
  });

  test('over two spans is the sum of the spans', () => {
    const counts = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000));
    fc.assert(
      fc.property(counts, ([start, first, second]) => {
        const sum = (from: number, to: number) => total(increase([series(from)], [series(to)]));
        expect(sum(start, start + first + second)).toBe(sum(start, start + first) + sum(start + first, start + first + second));
      }),
    );
  });
});
