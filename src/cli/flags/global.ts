import type { Command } from 'commander';

/** Flags that every command takes, before or after its name. */
export interface GlobalFlags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Adds them to the program; commander passes them down to its commands. */
export function addGlobalFlags(program: Command): Command {
  return program
    .option('-n, --namespace <NS>', "namespace of the Transaction (default: the context's, or else default)")
    .option('--kubeconfig <FILE>', 'kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the pod that this runs in)')
    .option('--context <NAME>', 'context of the kubeconfig to use (default: its current one)')
    .option('-q, --quiet', 'say nothing but data, warnings and errors')
    .option('-v, --verbose', 'say also which requests are sent, and how long they take');
}
