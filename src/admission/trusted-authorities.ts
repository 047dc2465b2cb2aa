import { expiryOf } from './certificates.ts';

/** How long an authority stays trusted after it was last told to be; longer than any replica takes to see a new Secret. Milliseconds. */
const KEPT_MS = 60 * 60 * 1000;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Which authorities API servers are told to trust: those we are told of now, and, for an hour, those they trust besides. Another
 * replica may still show what one of these signed: it sees a changed Secret later, or is of an installation before this one.
 */
export class TrustedAuthorities {
  readonly #seen = new Map<string, number>();
  #own: readonly string[] = [];

  /** Takes note of what API servers are told now (PEM). @param now milliseconds of a clock, here and below */
  note(live: string | undefined, now: number): void {
    for (const one of split(live ?? '')) if (!this.#seen.has(one)) this.#seen.set(one, now);
  }

  /** What they are to be told (PEM), where these are ours. */
  with(own: string, now: number): string {
    const ours = split(own);
    for (const one of [...this.#own, ...ours]) this.#seen.set(one, now);
    this.#own = ours;
    const kept = [...this.#seen].filter(([one, at]) => !ours.includes(one) && now - at < KEPT_MS && isGood(one, now));
    return `${[...ours, ...kept.map(([one]) => one)].join('\n')}\n`;
  }

  /** Whether one is trusted for too long by now. */
  hasOld(now: number): boolean {
    const old = [...this.#seen].filter(([one, at]) => !this.#own.includes(one) && now - at >= KEPT_MS);
    for (const [one] of old) this.#seen.delete(one);
    return old.length > 0;
  }
}

function split(pem: string): readonly string[] {
  return [...new Set((pem.match(CERTIFICATE) ?? []).map((one) => one.replaceAll('\r\n', '\n')))];
}

/** What somebody else has put there may be anything. */
function isGood(certificate: string, now: number): boolean {
  try {
    return now < expiryOf(certificate);
  } catch {
    return false;
  }
}
