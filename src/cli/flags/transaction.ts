import type { Command } from 'commander';

/** Flags that say how a Transaction goes about its changes, as typed. */
export interface SpecFlags {
  readonly lockTimeout?: string;
  readonly timeout?: string;
  readonly description?: string;
  readonly onConflict?: string;
  readonly foreignWrites?: string;
  readonly healthTimeout?: string;
}

/** Adds them to a command that makes a Transaction. */
export function addSpecFlags(command: Command): Command {
  return command
    .option('--lock-timeout <DURATION>', 'how long to wait for objects that other transactions hold (default: 5m)')
    .option('--timeout <DURATION>', 'how long the transaction may take before it is rolled back (default: 30m)')
    .option('--description <TEXT>', 'what it is for; shown to those whose writes it holds up')
    .option('--on-conflict <Wait|Fail>', 'what to do about objects that other transactions hold (default: Wait)')
    .option('--foreign-writes <Deny|Delay>', "what happens to others' writes to locked objects (default: Deny)")
    .option('--health-timeout <DURATION>', 'let each order get ready, within this time, before the next one begins');
}
