import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../src/admission/certificates.ts';
import { TrustedAuthorities } from '../../src/admission/trusted-authorities.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const HOUR = 60 * 60_000;
let old: string;
let fresh: string;
beforeAll(async () => {
  const made = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
  [old = '', fresh = ''] = made.map(({ certificate }) => `${certificate.replaceAll('\r\n', '\n').trim()}\n`);
});

describe('the authorities that API servers are to trust', () => {
  test('are ours, where nothing was there before', () => {
    expect(new TrustedAuthorities().with(fresh, NOW)).toBe(fresh);
  });

  test('are for an hour also those that they trust already', () => {
    const trusted = new TrustedAuthorities();
    trusted.note(old, NOW);
    expect(trusted.with(fresh, NOW)).toBe(fresh + old);
    expect(trusted.hasOld(NOW + HOUR - 1)).toBe(false);
    expect(trusted.hasOld(NOW + HOUR)).toBe(true);
    expect(trusted.with(fresh, NOW + HOUR)).toBe(fresh);
    expect(trusted.hasOld(NOW + 2 * HOUR)).toBe(false);
  });

  test('keep those that were ours for an hour from when they were last told', () => {
    const trusted = new TrustedAuthorities();
    trusted.with(old, NOW);
    // Told at their change, a day later: only then does anybody begin to show something else.
    expect(trusted.with(fresh, NOW + 24 * HOUR)).toBe(fresh + old);
    expect(trusted.with(fresh, NOW + 25 * HOUR)).toBe(fresh);
  });

  test('stay the same text when what is there is ours, whatever its line ends', () => {
    const trusted = new TrustedAuthorities();
    trusted.note((fresh + old).replaceAll('\n', '\r\n'), NOW);
    expect(trusted.with(fresh + old, NOW)).toBe(fresh + old);
  });

  test('leave out what has expired, and what is none', () => {
    const trusted = new TrustedAuthorities();
    const later = NOW + 100 * 24 * HOUR;
    trusted.note(`${old}-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n`, later);
    expect(trusted.with(fresh, later)).toBe(fresh);
  });
});
