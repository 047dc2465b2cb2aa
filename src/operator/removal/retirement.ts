import { pause } from '../../kube/pause.ts';
import { openTransactions } from '../open-transactions.ts';
import type { Parts } from '../shutdown.ts';
import type { Log } from '../log.ts';
import { isMarked, unmark } from './marker.ts';
import { takeAway } from './take-away.ts';

const LOOK_EVERY_MS = 1_000;

/** What a replica does once Janus is being removed: it answers on, and does nothing else. */
export interface Retirement {
  /** The mark was seen. */
  begin(): void;
  /** Resolves, with the line that says so, when the removal was called off: this process must be started anew to act again. */
  readonly calledOff: Promise<string>;
  /** The end of this process. Takes away what was written meanwhile, and the mark; undefined where it never retired. */
  end(): Promise<string | undefined>;
}

/** @param started resolves once everything runs: the mark may be seen before */
export function retirementOf(started: Promise<Parts>, systemNamespace: string, log: Log): Retirement {
  const ending = new AbortController();
  let retired: Promise<void> | undefined;
  let tell: (words: string) => void = () => undefined;
  const calledOff = new Promise<string>((resolve) => (tell = resolve));

  const retire = async (): Promise<void> => {
    const { connections, keys, leadership, serving, tuning } = await started;
    const { client } = connections.executor;
    log.warn('Janus is being removed: nothing more is begun, written or restored; reviews are answered on');
    await serving.stop();
    await leadership.handOver(tuning.graceMs);
    await leadership.leave();
    keys.stop();
    void untilCalledOff(async () => !(await isMarked(client, systemNamespace)));
  };
  const untilCalledOff = async (isOff: () => Promise<boolean>): Promise<void> => {
    while (await pause(LOOK_EVERY_MS, ending.signal)) {
      if (await isOff().catch(() => false)) {
        tell('The removal of Janus was called off, or is over: this process ends, to be started anew.');
        return;
      }
    }
  };
  return {
    begin: () => void (retired ??= retire().catch((error: unknown) => log.error({ error }, 'it could not be stopped to act'))),
    calledOff,
    async end() {
      ending.abort();
      if (retired === undefined) return undefined;
      await retired;
      const { client } = (await started).connections.executor;
      if (!(await isMarked(client, systemNamespace))) return 'Janus has stopped.';
      const open = await openTransactions(client, systemNamespace);
      if (open.length > 0) return `Janus has stopped while it was being removed, with transactions open: ${open.join(', ')}.`;
      await takeAway(client, systemNamespace);
      await unmark(client, systemNamespace);
      return 'Janus has stopped, and is removed.';
    },
  };
}
