import type { CertificateBundle, CertificateSource } from './certificate-source.ts';
import type { Authority, ServingCertificate } from './certificates.ts';
import { createAuthority, createServingCertificate, daysLeft, needsRenewal } from './certificates.ts';

export interface SelfSignedOptions {
  /** DNS names and IP addresses under which API servers reach us. */
  readonly hosts: readonly string[];
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
  /** Looks now whether something is to be renewed, and does the next step of it. */
  renew(): Promise<void>;
}

interface State {
  /** The newest first; all of them trusted. */
  readonly authorities: readonly Authority[];
  readonly signer: Authority;
  readonly serving: ServingCertificate;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Certificates of our own making, kept in memory, for one process without cert-manager. A new authority is published one look
 * before it signs what is served, and the old one stays trusted until it expires: at no time does an API server meet a
 * certificate that it does not trust yet.
 */
export async function selfSignedCertificates(options: SelfSignedOptions): Promise<SelfSignedSource> {
  const now = options.now ?? Date.now;
  const first = await createAuthority(now());
  let state: State = { authorities: [first], signer: first, serving: await createServingCertificate(first, options.hosts, now()) };
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
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer),
    renew,
  };
}

async function advance(state: State, options: SelfSignedOptions, now: number): Promise<State> {
  const alive = state.authorities.filter((authority) => daysLeft(authority.certificate, now) > 0);
  const [newest] = alive;
  if (newest === undefined || needsRenewal(newest.certificate, now)) {
    const authorities = [await createAuthority(now), ...alive];
    await options.publish(pem(authorities));
    return { ...state, authorities };
  }
  if (newest === state.signer && !needsRenewal(state.serving.certificate, now)) return { ...state, authorities: alive };
  return { authorities: alive, signer: newest, serving: await createServingCertificate(newest, options.hosts, now) };
}

function bundleOf(state: State): CertificateBundle {
  return { serving: state.serving, authorities: pem(state.authorities) };
}

function pem(authorities: readonly Authority[]): string {
  return authorities.map(({ certificate }) => certificate.replaceAll('\r\n', '\n').trimEnd()).join('\n') + '\n';
}
