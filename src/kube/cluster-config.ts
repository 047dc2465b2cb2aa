import type { Identity } from './client.ts';

/** What authenticates a request: headers, or a client certificate, or both. PEM. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

/** One API server, who we are there, and which namespace is meant when none is named. */
export interface ClusterConfig {
  /** URL without a trailing slash; may carry a path prefix, as behind a proxy. */
  readonly server: string;
  /** PEM. Absent: the system's certificate authorities. */
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Name that the server's certificate must carry, where it is not the host of `server`. */
  readonly tlsServerName?: string;
  /** `http://`, `https://` or `socks5://` proxy on the way. */
  readonly proxyUrl?: string;
  readonly namespace: string;
  /** Whom the configuration itself asks to act as (`as` of a kubeconfig user). */
  readonly as?: Identity;
  /** For people: where this came from, for example `context "prod" of ~/.kube/config`. */
  readonly description: string;
  /**
   * Credentials for the next request. Cheap to call for every request: what may change is asked for again at most every 30 s.
   * `refresh` asks again at once, after the server answered 401.
   *
   * @throws ConfigError if a credential plugin or a token file fails.
   */
  credentials(options?: { readonly refresh?: boolean }): Promise<Credentials>;
}
