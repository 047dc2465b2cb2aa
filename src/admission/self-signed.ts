import type { AuthorityStore, SharedAuthority } from './authority-store.ts';
import type { CertificateBundle, CertificateSource } from './certificate-source.ts';
import type { Authority, ServingCertificate } from './certificates.ts';
import { createAuthority, createServingCertificate, daysLeft, needsRenewal } from './certificates.ts';

export interface SelfSignedOptions {
  /** DNS names and IP addresses under which API servers reach us. */
  readonly hosts: readonly string[];
  /** Where all replicas find the same authorities. */
  readonly store: AuthorityStore;
  /** Makes every API server trust these authorities (PEM), before anything signed by a new one is shown. */
  readonly publish: (authorities: string) => Promise<void>;
  /** Told in words when a renewal failed; it is tried again at the next look. */
  readonly onProblem: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds between looks at what is to be renewed. */
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
/** Each time the race to make the first authority is lost, there is one. */
const ATTEMPTS = 10;

/**
 * Certificates of our own making, without cert-manager: one authority for all replicas, in a store that they share, and a
 * serving certificate for each, kept in memory. A new authority is in the store before it is published, published before it
 * counts as trusted, trusted a look later, and only then does any replica show what it signed; the old one stays trusted until
 * it expires. At no time does an API server meet a certificate that it does not trust yet.
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
    void renew().catch((error: unknown) =>
      options.onProblem(`The webhook's certificate could not be renewed: ${error instanceof Error ? error.message : String(error)}`),
    );
  const timer = setInterval(look, options.intervalMs ?? HOUR_MS).unref();
  return {
    current: () => bundleOf(state),
    authorities: async () => pem((await options.store.read())?.authorities ?? state.authorities),
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer),
    renew,
  };
}

/** The authorities that are there, or the first one: nobody shows anything else yet, so it need not wait to be trusted. */
async function begin({ store, hosts }: SelfSignedOptions, now: number): Promise<State> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const shared = await store.read();
    const authorities = alive(shared?.authorities ?? [], now);
    const signer = authorities.find(({ trusted }) => trusted) ?? authorities[0];
    if (signer !== undefined) return { authorities, signer, serving: await createServingCertificate(signer, hosts, now) };
    await store.write([{ ...(await createAuthority(now)), trusted: true }], shared);
  }
  throw new Error('the authorities of the webhook were changed by somebody else all the time');
}

/** One step. Where another replica does the same at this moment, one of both does it, and the other sees it at its next look. */
async function advance(state: State, options: SelfSignedOptions, now: number): Promise<State> {
  const { store, publish } = options;
  const shared = await store.read();
  const authorities = alive(shared?.authorities ?? state.authorities, now);
  // Somebody has deleted what all share.
  if (shared === undefined && authorities.length > 0) await store.write(authorities, undefined);
  const [newest] = authorities;
  if (newest === undefined || needsRenewal(newest.certificate, now)) {
    const next = [{ ...(await createAuthority(now)), trusted: false }, ...authorities];
    return (await store.write(next, shared)) ? publishFirst(state, next, options) : { ...state, authorities };
  }
  if (newest.trusted) return serve(state, authorities, newest, options, now);
  if (state.published !== pem(authorities)) return publishFirst(state, authorities, options);
  // Once more: a replica that had read before may have published less since.
  await publish(pem(authorities));
  const trusted = authorities.map((authority) => ({ ...authority, trusted: true }));
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
  { hosts }: SelfSignedOptions,
  now: number,
): Promise<State> {
  if (signer.certificate === state.signer.certificate && !needsRenewal(state.serving.certificate, now)) return { ...state, authorities };
  return { ...state, authorities, signer, serving: await createServingCertificate(signer, hosts, now) };
}

function alive(authorities: readonly SharedAuthority[], now: number): readonly SharedAuthority[] {
  return authorities.filter(({ certificate }) => daysLeft(certificate, now) > 0);
}

function bundleOf(state: State): CertificateBundle {
  return { serving: state.serving, authorities: pem(state.authorities) };
}

function pem(authorities: readonly Authority[]): string {
  return authorities.map(({ certificate }) => certificate.replaceAll('\r\n', '\n').trimEnd()).join('\n') + '\n';
}
