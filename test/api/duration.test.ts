import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DURATION_PATTERN, formatDuration, InvalidDurationError, parseDuration, parseNanoseconds } from '../../src/api/duration.ts';

/** What Go 1.26's time.ParseDuration answers, in nanoseconds. */
const ACCEPTED_BY_GO: readonly (readonly [string, bigint])[] = [
  ['0', 0n],
  ['+0', 0n],
  ['-0', 0n],
  ['1h30m', 5_400_000_000_000n],
  ['1.5h', 5_400_000_000_000n],
  ['300ms', 300_000_000n],
  ['1ns', 1n],
  ['1us', 1_000n],
  ['1µs', 1_000n],
  ['1μs', 1_000n],
  ['5m', 300_000_000_000n],
  ['30m', 1_800_000_000_000n],
  ['-1.5h', -5_400_000_000_000n],
  ['+5s', 5_000_000_000n],
  ['.5s', 500_000_000n],
  ['5.s', 5_000_000_000n],
  ['0.100000000000000000000h', 360_000_000_000n],
  ['0.830103483285477580700h', 2_988_372_539_827n],
  ['3000h', 10_800_000_000_000_000n],
  ['1h1m1s1ms1us1ns', 3_661_001_001_001n],
  ['9223372036854775807ns', 9_223_372_036_854_775_807n],
  ['-9223372036854775808ns', -9_223_372_036_854_775_808n],
  ['2562047h47m16.854775807s', 9_223_372_036_854_775_807n],
  ['-2562047h47m16.854775808s', -9_223_372_036_854_775_808n],
  ['9223372036.854775807s', 9_223_372_036_854_775_807n],
  ['0.3333333333333333333h', 1_200_000_000_000n],
  ['39h9m14.425s', 140_954_425_000_000n],
  ['1.23456789us', 1_234n],
  ['0.9223372036854775807ns', 0n],
  ['1m1m', 120_000_000_000n],
  ['0h', 0n],
  ['52763797000ns', 52_763_797_000n],
  ['1.00000000000000000000000000000000000001s', 1_000_000_000n],
];

/** What it refuses. */
const REFUSED_BY_GO: readonly string[] = [
  '9223372036854775808ns',
  '-9223372036854775809ns',
  '2562047h47m16.854775808s',
  '99999999999999999999h',
  '',
  '3',
  '-',
  's',
  '.',
  '-.',
  '.s',
  '+.s',
  '1d',
  '1h 30m',
  ' 5m',
  '5m ',
  '5 m',
  '1e3s',
  '--5s',
  '5S',
  '1.5.5h',
  '3000000h',
  '1.2.3s',
  '00',
  '0.0',
  '0x5s',
  '１s',
  '4.503599627370497e3s',
];

describe('parseNanoseconds', () => {
  test.each(ACCEPTED_BY_GO)('reads %s as Go does', (text, nanoseconds) => {
    expect(parseNanoseconds(text)).toBe(nanoseconds);
  });

  test.each(REFUSED_BY_GO)('refuses %j as Go does', (text) => {
    expect(() => parseNanoseconds(text)).toThrow(InvalidDurationError);
  });

  test('never throws anything but InvalidDurationError', () => {
    const pieces = fc.constantFrom(
      '1',
      '0',
      '.',
      '-',
      '+',
      'h',
      'm',
      's',
      'ms',
      'us',
      'ns',
      '\u00b5s',
      '9223372036854775807',
      ' ',
      'e',
      '\u{1F600}',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            return typeof parseNanoseconds(text) === 'bigint';
          } catch (error) {
            return error instanceof InvalidDurationError;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('needs no more than a second of the processor for a megabyte of digits', () => {
    const before = process.cpuUsage();
    expect(() => parseNanoseconds(`${'9'.repeat(1_000_000)}s`)).toThrow(InvalidDurationError);
    expect(parseNanoseconds(`${'0'.repeat(1_000_000)}5s`)).toBe(5_000_000_000n);
    expect(parseNanoseconds(`1.${'3'.repeat(1_000_000)}s`)).toBe(1_333_333_333n);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  test('adds terms up, whatever their order', () => {
    const term = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom('h', 'm', 's', 'ms', 'us', 'ns'));
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 6 }), (terms) => {
        const texts = terms.map(([count, unit]) => `${count}${unit}`);
        const sum = texts.reduce((total, text) => total + parseNanoseconds(text), 0n);
        expect(parseNanoseconds(texts.join(''))).toBe(sum);
        expect(parseNanoseconds(`-${texts.toReversed().join('')}`)).toBe(-sum);
      }),
    );
  });
});

describe('parseDuration', () => {
  test('counts milliseconds, with a fraction below', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect(parseDuration('300us')).toBe(0.3);
    expect(parseDuration('-1.5s')).toBe(-1500);
    expect(parseDuration('2562047h47m16.854775807s')).toBe(9_223_372_036_854.775);
  });

  test.each([
    ['5 m', 'there is no unit " m"'],
    ['1d', 'there is no unit "d"'],
    ['30', 'there is no unit after 30'],
    ['', 'it is empty'],
    ['m', 'there is no number at "m"'],
    ['9999999999h', 'it is longer than'],
  ])('names the fault of %j and gives examples', (text, fault) => {
    expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is not a duration: ${fault}`);
    expect(() => parseDuration(text)).toThrow('90s, 5m or 1h30m');
  });

  test('shortens what it quotes', () => {
    expect(() => parseDuration('x'.repeat(10_000))).toThrow(/^.{0,300}$/);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [5_400_000, '1h30m'],
    [300_000, '5m'],
    [3_605_000, '1h5s'],
    [1500, '1.5s'],
    [300, '300ms'],
    [0.3, '300\u00b5s'],
    [1.25, '1.25ms'],
    [0.000_001, '1ns'],
    [-90_000, '-1m30s'],
    [360_000_000, '100h'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test('is read back as what it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9_000_000_000_000, max: 9_000_000_000_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  test.each([NaN, Infinity, -Infinity, 1e13, -1e13])('refuses %d, which no duration can hold', (milliseconds) => {
    expect(() => formatDuration(milliseconds)).toThrow(RangeError);
  });
});

describe('DURATION_PATTERN', () => {
  const pattern = new RegExp(DURATION_PATTERN);

  test('matches what is read, apart from what is too long', () => {
    const pieces = fc.constantFrom(
      '1',
      '0',
      '.',
      '-',
      '+',
      'h',
      'm',
      's',
      'ms',
      'us',
      'ns',
      '\u00b5s',
      '\u03bcs',
      ' ',
      'd',
      '00',
      '.5',
      '1.',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
        (text) => {
          const read = (() => {
            try {
              parseNanoseconds(text);
              return true;
            } catch {
              return false;
            }
          })();
          expect(pattern.test(text)).toBe(read);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
