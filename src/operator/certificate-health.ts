import { X509Certificate } from 'node:crypto';
import type { KubeClient } from '../kube/client.ts';
import { createEventRecorder } from '../kube/events.ts';
import { leaseRef } from '../kube/lease/lease.ts';
import type { Certificates } from './certificates.ts';
import { LEADER_LEASE } from './leases.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface CertificateHealthParts {
  readonly client: KubeClient;
  readonly systemNamespace: string;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How it is with the certificate that is served: told to `/readyz`, to the log, in Events about the Lease of Janus, and to Prometheus. */
export interface CertificateHealth {
  /** A renewal failed, in words; undefined once all is well. */
  trouble(words: string | undefined): void;
  /** Looks after these from now on. */
  watch(certificates: Certificates): void;
  /** What is to be known; undefined where nothing is. */
  words(): string | undefined;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 60_000;
const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

export function certificateHealth({ client, systemNamespace, metrics, log, now }: CertificateHealthParts): CertificateHealth {
  const recorder = createEventRecorder({
    client,
    component: 'janus',
    onProblem: (error) => log.warn({ error }, 'an event could not be written'),
  });
  let trouble: string | undefined;
  let served: Certificates | undefined;
  let told: string | undefined;

  const lateness = (): string | undefined => {
    if (served === undefined) return undefined;
    const { from, to } = lifeOf(served);
    if (to - now() > served.lateMs(to - from)) return undefined;
    return `the certificate of the webhook ends on ${new Date(to).toISOString()}, and should have been renewed long ago`;
  };
  const tell = (reason: string, words: string): void => {
    if (told === words) return;
    told = words;
    log.error({ reason }, words);
    void warn(reason, words).catch((error: unknown) => log.warn({ error }, 'an event could not be written'));
  };
  const warn = async (reason: string, message: string): Promise<void> => {
    const { apiVersion, kind, metadata } = await client.get(leaseRef(systemNamespace, LEADER_LEASE));
    const regarding = { apiVersion, kind, namespace: systemNamespace, name: LEADER_LEASE, uid: metadata.uid ?? '' };
    recorder.record({ regarding, type: 'Warning', reason, message });
  };
  const look = (): void => {
    const late = lateness();
    if (trouble !== undefined) tell('CertificateNotRenewed', words() ?? trouble);
    else if (late !== undefined) tell('CertificateNearExpiry', late);
    else told = undefined;
  };
  const words = (): string | undefined => {
    const late = lateness();
    if (trouble === undefined || served === undefined) return late;
    return `${trouble} The certificate from before is served on, until ${new Date(lifeOf(served).to).toISOString()}`;
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    trouble(next) {
      trouble = next;
      look();
    },
    watch(certificates) {
      served = certificates;
      const end = (): number => lifeOf(certificates).to;
      metrics.measure('janus_certificate_expiry_timestamp_seconds', () => [{ labels: {}, value: end() / SECOND_MS }]);
      metrics.measure('janus_certificate_days_left', () => [{ labels: {}, value: (end() - now()) / DAY_MS }]);
      metrics.measure('janus_certificate_renewal_failing', () => [{ labels: {}, value: trouble === undefined ? 0 : 1 }]);
      look();
    },
    words,
    stop: () => {
      clearInterval(timer);
      return recorder.flush();
    },
  };
}

function lifeOf(certificates: Certificates): { readonly from: number; readonly to: number } {
  const { validFrom, validTo } = new X509Certificate(certificates.current().serving.certificate);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}
