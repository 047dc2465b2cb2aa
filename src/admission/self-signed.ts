import type { AuthorityStore, SharedAuthority } from './authority-store.ts';
import type { CertificateBundle, CertificateSource } from './certificate-source.ts';
import type { Authority, Lifetimes, ServingCertificate } from './certificates.ts';
import {
  authorityLifetimes,
  createAuthority,
  createServingCertificate,
  DEFAULT_LIFETIMES,
  expiryOf,
  needsRenewal,
} from './certificates.ts';

export interface SelfSignedOptions {
  /** DNS names and IP addresses under which API servers reach us. */
  readonly hosts: readonly string[];
  /** Where all replicas find the same authorities. */
  readonly store: AuthorityStore;
  /** Makes every API server trust these authorities (PEM), before anything signed by a new one is shown. */
  readonly publish: (authorities: string) => Promise<void>;
  /** Told in words when a renewal failed; it is tried again at the next look. */
  readonly onProblem: (message: string) => void;
  /** Told at each look that did what was to be done. */
  readonly onGood?: () => void;
  /** How long certificates are good. */
  readonly lifetimes?: Lifetimes;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds between looks at what is to be renewed: by default an hour, and four before the end of a certificate at least. */
  readonly intervalMs?: number;
}

export interface SelfSignedSource extends CertificateSource {
  /** PEM of every authority that any replica may be about to use, as the store has them now. */
  authorities(): Promise<string>;
  /** Looks now whether something is to be renewed, and does the next step of it. */
  renew(): Promise<void>;
}

interface State {
  /** The newest first. */
  readonly authorities: readonly SharedAuthority[];
  readonly signer: Authority;
  readonly serving: ServingCertificate;
  /** What this replica published at an earlier look. */
  readonly published?: string;
}

const HOUR_MS = 60 * 60 * 1000;
const SECOND_MS = 1000;
/** Each time the race to make the first authority is lost, there is one. */
const ATTEMPTS = 10;

/**
 * Certificates of our own making, without cert-manager: one authority for all replicas, in a store that they share, and a
 * serving certificate for each, kept in memory. A new authority is in the store before it is published, published before it
 * counts as trusted, trusted a look later, and only then does any replica show what it signed; the old one stays trusted until
 * everything that it signed has ended. At no time does an API server meet a certificate that it does not trust.
 */
export async function selfSignedCertificates(options: SelfSignedOptions): Promise<SelfSignedSource> {
  const now = options.now ?? Date.now;
  let state = await begin(options, now());
  const listeners: ((bundle: CertificateBundle) => void)[] = [];

  const step = async (): Promise<void> => {
    const next = await advance(state, options, now());
    const changed = next.serving !== state.serving;
    state = next;
    if (changed) for (const listener of listeners) listener(bundleOf(state));
  };

  let running: Promise<void> = Promise.resolve();
  const renew = (): Promise<void> => (running = running.catch(() => undefined).then(step));
  const look = (): void =>
    void renew().then(options.onGood, (error: unknown) =>
      options.onProblem(`The webhook's certificate could not be renewed: ${error instanceof Error ? error.message : String(error)}`),
    );
  const timer = setInterval(look, options.intervalMs ?? lookEvery(lifetimesOf(options))).unref();
  return {
    current: () => bundleOf(state),
    authorities: async () => pem(needed((await options.store.read())?.authorities ?? state.authorities, lifetimesOf(options), now())),
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer),
    renew,
  };
}

function lifetimesOf({ lifetimes = DEFAULT_LIFETIMES }: SelfSignedOptions): Lifetimes {
  return lifetimes;
}

/** Often enough for a renewal to be tried several times, and for an authority to be trusted long before it is needed. */
function lookEvery({ lifetimeMs, renewBeforeMs }: Lifetimes): number {
  return Math.max(SECOND_MS, Math.min(HOUR_MS, renewBeforeMs / 4, (lifetimeMs - renewBeforeMs) / 4));
}

/** The authorities that are there, or the first one: nobody shows anything else yet, so it need not wait to be trusted. */
async function begin(options: SelfSignedOptions, now: number): Promise<State> {
  const { store, hosts } = options;
  const lifetimes = lifetimesOf(options);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const shared = await store.read();
    const authorities = needed(shared?.authorities ?? [], lifetimes, now);
    const signer = authorities.find(({ trusted }) => trusted) ?? authorities[0];
    if (signer !== undefined) return { authorities, signer, serving: await createServingCertificate(signer, hosts, now, lifetimes) };
    await store.write([{ ...(await createAuthority(now, lifetimes)), trusted: true, since: now }], shared);
  }
  throw new Error('the authorities of the webhook were changed by somebody else all the time');
}

/** One step. Where another replica does the same at this moment, one of both does it, and the other sees it at its next look. */
async function advance(state: State, options: SelfSignedOptions, now: number): Promise<State> {
  const { store, publish } = options;
  const lifetimes = lifetimesOf(options);
  const shared = await store.read();
  const authorities = needed(shared?.authorities ?? state.authorities, lifetimes, now);
  // Somebody has deleted what all share.
  if (shared === undefined && authorities.length > 0) await store.write(authorities, undefined);
  const [newest] = authorities;
  if (newest === undefined || needsRenewal(newest.certificate, now, authorityLifetimes(lifetimes).renewBeforeMs)) {
    const next = [{ ...(await createAuthority(now, lifetimes)), trusted: false }, ...authorities];
    return (await store.write(next, shared)) ? publishFirst(state, next, options) : { ...state, authorities };
  }
  if (newest.trusted) {
    if (shared !== undefined && authorities.length < shared.authorities.length && (await store.write(authorities, shared)))
      await publish(pem(authorities));
    return serve(state, authorities, newest, options, now);
  }
  if (state.published !== pem(authorities)) return publishFirst(state, authorities, options);
  // Once more: a replica that had read before may have published less since.
  await publish(pem(authorities));
  const trusted = authorities.map((authority) => (authority.trusted ? authority : { ...authority, trusted: true, since: now }));
  if (!(await store.write(trusted, shared))) return { ...state, authorities };
  return serve(state, trusted, newest, options, now);
}

async function publishFirst(state: State, authorities: readonly SharedAuthority[], { publish }: SelfSignedOptions): Promise<State> {
  const published = pem(authorities);
  await publish(published);
  return { ...state, authorities, published };
}

async function serve(
  state: State,
  authorities: readonly SharedAuthority[],
  signer: Authority,
  options: SelfSignedOptions,
  now: number,
): Promise<State> {
  const lifetimes = lifetimesOf(options);
  const isGood = !needsRenewal(state.serving.certificate, now, lifetimes.renewBeforeMs);
  if (signer.certificate === state.signer.certificate && isGood) return { ...state, authorities };
  return { ...state, authorities, signer, serving: await createServingCertificate(signer, options.hosts, now, lifetimes) };
}

/**
 * Those that somebody may still show something of: what an authority signed before its successor was trusted has ended when a
 * certificate's life has passed since.
 */
function needed(authorities: readonly SharedAuthority[], { lifetimeMs }: Lifetimes, now: number): readonly SharedAuthority[] {
  const lastNeeded = authorities.findIndex(({ trusted, since }) => trusted && since !== undefined && now > since + lifetimeMs);
  const kept = lastNeeded < 0 ? authorities : authorities.slice(0, lastNeeded + 1);
  return kept.filter(({ certificate }) => now < expiryOf(certificate));
}

function bundleOf(state: State): CertificateBundle {
  return { serving: state.serving, authorities: pem(state.authorities) };
}

function pem(authorities: readonly Authority[]): string {
  return authorities.map(({ certificate }) => certificate.replaceAll('\r\n', '\n').trimEnd()).join('\n') + '\n';
}
