import { installForDev, takeOffForDev } from './dev-installation.ts';
import type { Connections } from './connections.ts';
import type { Log } from './log.ts';
import type { OperatorOptions } from './options.ts';
import { refuseSecondInstallation } from './other-installation.ts';
import { untilNotBeingRemoved } from './removal/marker.ts';
import { requireInstalled } from './requirements.ts';

/** What is different in a cluster, where a chart installs and removes Janus, and in --dev, where this process does it. */
export interface Installation {
  /** Sees to it that all is there that Janus needs. @throws Error for people when it is not */
  prepare(signal: AbortSignal): Promise<void>;
  /** Whether what sends reviews may have another replica to turn to that this one does not know of, as during an update. */
  readonly mayBeReplaced: boolean;
  /** The end of the last replica. Returns the line that says what was left behind. */
  leave(): Promise<string>;
}

/** The one that the options ask for. */
export function installationFor(options: OperatorOptions, { starter, executor }: Connections, log: Log): Installation {
  const { systemNamespace } = options;
  if (options.dev)
    return {
      prepare: (signal) => installForDev(starter, options, signal),
      mayBeReplaced: false,
      leave: () => takeOffForDev(starter, executor.client, systemNamespace),
    };
  return {
    prepare: async (signal) => {
      await requireInstalled(executor.client, options, signal);
      await refuseSecondInstallation(executor.client, systemNamespace, signal);
      await untilNotBeingRemoved(executor.client, systemNamespace, log, signal);
    },
    mayBeReplaced: true,
    leave: () => Promise.resolve('Janus has stopped, and left its webhooks registered: what is locked stays locked until it runs again.'),
  };
}
