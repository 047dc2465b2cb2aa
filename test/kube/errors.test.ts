import { describe, expect, test } from 'vitest';
import {
  ApiError,
  InvalidRequestError,
  isApiError,
  isTransient,
  mayHaveLanded,
  retryAfterMs,
  TransportError,
} from '../../src/kube/errors.ts';

const answered = (code: number, details?: object): ApiError =>
  new ApiError({ code, reason: 'Reason', message: 'words', ...(details === undefined ? {} : { details }) });

describe('isApiError', () => {
  test('is true for an answer with one of the codes, or with any if none is named', () => {
    expect(isApiError(answered(404))).toBe(true);
    expect(isApiError(answered(404), 409, 404)).toBe(true);
    expect(isApiError(answered(404), 409)).toBe(false);
  });

  test('is false for everything else', () => {
    expect(
      [new Error('x'), undefined, { code: 404 }, new TransportError('x', { neverSent: true })].some((error) => isApiError(error, 404)),
    ).toBe(false);
  });
});

describe('isTransient', () => {
  test('is false where asking again unchanged cannot help', () => {
    expect(
      [answered(400), answered(404), answered(409), new InvalidRequestError('x'), new TypeError('x'), 'x'].filter(isTransient),
    ).toEqual([]);
  });

  test('is true where no answer came, and where the server says it is about itself', () => {
    const errors = [
      new TransportError('x', { neverSent: false }),
      new TransportError('x', { neverSent: true }),
      answered(429),
      answered(500),
      answered(503),
    ];
    expect(errors.filter((error) => !isTransient(error))).toEqual([]);
  });
});

describe('mayHaveLanded', () => {
  test('is true where no answer came, and where a server does not know what became of it', () => {
    const errors = [new TransportError('x', { neverSent: false }), answered(500), answered(502), answered(504)];
    expect(errors.filter((error) => !mayHaveLanded(error))).toEqual([]);
  });

  test('is false where nothing was sent, and where it was refused', () => {
    const errors = [new TransportError('x', { neverSent: true }), answered(403), answered(409), answered(422), answered(429), 'x'];
    expect(errors.filter(mayHaveLanded)).toEqual([]);
  });
});

describe('retryAfterMs', () => {
  test('is what the server asked for, in milliseconds', () => {
    expect(retryAfterMs(answered(429, { retryAfterSeconds: 3 }))).toBe(3_000);
  });

  test('is undefined where it asked for nothing', () => {
    expect(retryAfterMs(answered(429))).toBeUndefined();
    expect(retryAfterMs(new TransportError('x', { neverSent: false }))).toBeUndefined();
  });
});

test('an ApiError has the words, the code and the reason of the answer', () => {
  expect(answered(404)).toMatchObject({ message: 'words', code: 404, reason: 'Reason', name: 'ApiError' });
});
