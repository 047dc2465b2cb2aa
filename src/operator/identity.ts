import type { KubeClient } from '../kube/client.ts';
import type { ClusterConfig } from '../kube/cluster-config.ts';
import { clusterConfigFromToken } from '../kube/config.ts';
import type { RequestObservation, TransportOptions } from '../kube/transport.ts';
import { ownToken } from './dev-installation.ts';
import type { Metrics } from './metrics.ts';

/** What of a transport a test may set. */
export type Interception = Pick<TransportOptions, 'intercept' | 'interceptStream'>;

/** How long a token is used before another is asked for: a third of its life; milliseconds. */
const TOKEN_USE_MS = 20 * 60_000;

/** In --dev Janus speaks as its own ServiceAccount, by tokens that the kubeconfig's user asks for: identity and rights are the real ones. */
export function ownAccountOf(config: ClusterConfig, admin: KubeClient, systemNamespace: string): ClusterConfig {
  const { server, ca, insecureSkipTlsVerify, tlsServerName, proxyUrl } = config;
  return clusterConfigFromToken({
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(insecureSkipTlsVerify === undefined ? {} : { insecureSkipTlsVerify }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    token: cached(() => ownToken(admin, systemNamespace), TOKEN_USE_MS),
    description: `ServiceAccount ${systemNamespace}/janus`,
  });
}

/** Hears of every request and what became of it. */
export type Observe = (request: RequestObservation) => void;

/** Counts and times every request. */
export function measuredBy(metrics: Metrics): Observe {
  return ({ verb, resource, code, dryRun, ms }) => {
    metrics.count('janus_api_requests_total', { verb, resource, code: String(code), dry_run: String(dryRun) });
    if (verb !== 'watch') metrics.observe('janus_api_request_duration_seconds', { verb }, ms / 1000);
  };
}

/** Asks anew after `ms`, after a failure, and when the server no longer takes what it got. */
function cached<T>(make: () => Promise<T>, ms: number): (options?: { readonly refresh?: boolean }) => Promise<T> {
  let value: Promise<T> | undefined;
  let until = 0;
  return ({ refresh = false } = {}) => {
    if (value === undefined || refresh || Date.now() > until) {
      until = Date.now() + ms;
      value = make();
      value.catch(() => (value = undefined));
    }
    return value;
  };
}
