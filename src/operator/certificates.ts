import { authoritiesInSecret } from '../admission/authority-store.ts';
import { certificateDirectory } from '../admission/certificate-directory.ts';
import type { CertificateSource } from '../admission/certificate-source.ts';
import { selfSignedCertificates } from '../admission/self-signed.ts';
import type { KubeClient } from '../kube/client.ts';
import type { OperatorOptions } from './options.ts';

export interface CertificateParts {
  readonly options: OperatorOptions;
  readonly client: KubeClient;
  /** Names for which certificates must be good; API servers use the first. */
  readonly hosts: readonly [string, ...string[]];
  /** Makes API servers trust these authorities (PEM), and sees that they do. */
  readonly publish: (authorities: string | undefined) => Promise<void>;
  /** Hears, at each look, why a renewal failed; undefined once all is well. */
  readonly onTrouble: (words: string | undefined) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The certificates of this process. */
export interface Certificates extends CertificateSource {
  /** PEM of every authority that any replica may be about to use, as it is known now; undefined where nobody told us. */
  authorities(): Promise<string | undefined>;
  /** Milliseconds before the end of one from which on it should have been renewed long ago. */
  readonly lateMs: (lifetimeMs: number) => number;
}

/** What cert-manager leaves of a certificate's life when it renews it is a third by default. */
const LATE_PART = 0.1;

/** Certificates from where the options say. @throws Error in words where there is none to begin with */
export async function startCertificates(parts: CertificateParts): Promise<Certificates> {
  const { options, client, hosts, publish, onTrouble, now } = parts;
  const { certificates, systemNamespace } = options;
  if (certificates.mode === 'self-signed') {
    const { lifetimes } = certificates;
    const store = authoritiesInSecret(client, systemNamespace);
    const source = await selfSignedCertificates({
      hosts,
      store,
      publish,
      lifetimes,
      now,
      onProblem: onTrouble,
      onGood: () => onTrouble(undefined),
    });
    return { ...source, lateMs: () => lifetimes.renewBeforeMs / 2 };
  }
  const source = await certificateDirectory({
    directory: certificates.directory,
    servername: hosts[0],
    prepare: ({ authorities }) => publish(authorities),
    onProblem: onTrouble,
    onGood: () => onTrouble(undefined),
    now,
  });
  return { ...source, authorities: () => Promise.resolve(source.current().authorities), lateMs: (lifetimeMs) => lifetimeMs * LATE_PART };
}
