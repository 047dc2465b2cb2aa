import { probeTrust } from '../admission/trust-probe.ts';
import { TrustedAuthorities } from '../admission/trusted-authorities.ts';
import { authoritiesOf, readConfiguration, VALIDATING } from '../admission/registration.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Log } from './log.ts';

export interface TrustParts {
  readonly client: KubeClient;
  readonly systemNamespace: string;
  /** Writes these authorities (PEM) into every webhook configuration; undefined where somebody else fills them in. */
  readonly write: (authorities: string | undefined) => Promise<void>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Which authorities API servers are told to trust: ours, and for an hour what was trusted before. */
export interface TrustKeeper {
  /** What to tell them at the start, where these are ours. */
  begin(own: string | undefined): Promise<string | undefined>;
  /** As last told. */
  current(): string | undefined;
  /** Tells them, and does not wait. */
  write(own: string | undefined): Promise<void>;
  /** Tells them, and waits until it is in force. @throws Error in words where it is not */
  publish(own: string | undefined): Promise<void>;
  stop(): void;
}

/** How often old ones are looked for; milliseconds. */
const LOOK_EVERY_MS = 10 * 60_000;

export function trustKeeper({ client, systemNamespace, write, log, now }: TrustParts): TrustKeeper {
  const trusted = new TrustedAuthorities();
  let own: string | undefined;
  let current: string | undefined;
  const join = async (next: string | undefined): Promise<string | undefined> => {
    own = next;
    if (next !== undefined) trusted.note(authoritiesOf(await readConfiguration(client, VALIDATING)), now());
    return (current = next === undefined ? undefined : trusted.with(next, now()));
  };
  const tell = async (next: string | undefined): Promise<void> => write(await join(next));
  const timer = setInterval(() => {
    if (trusted.hasOld(now())) void tell(own).catch((error: unknown) => log.warn({ error }, 'old authorities are trusted still'));
  }, LOOK_EVERY_MS).unref();
  return {
    begin: join,
    current: () => current,
    write: tell,
    async publish(next) {
      await tell(next);
      if (current !== undefined) await probeTrust({ client, systemNamespace, authorities: current });
    },
    stop: () => clearInterval(timer),
  };
}
