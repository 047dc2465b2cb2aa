import type { Command } from 'commander';

/** Flags that several commands take: the same letters and words everywhere. */
export interface OutputFlags {
  readonly output?: string;
}

export interface AllNamespacesFlags {
  readonly allNamespaces?: boolean;
}

export interface DryRunFlags {
  readonly dryRun?: boolean;
}

export interface SelectorFlags {
  readonly selector?: string;
}

export interface TimeoutFlags {
  readonly timeout?: string;
}

/** `-o`, of commands that print objects. */
export function addOutputFlag(command: Command): Command {
  return command.option('-o, --output <FORMAT>', 'table, wide, json, yaml or name (default: table)');
}

/** `-A`, of commands that look at many. */
export function addAllNamespacesFlag(command: Command, words = 'in all namespaces'): Command {
  return command.option('-A, --all-namespaces', words);
}

/** `--dry-run`, of commands that change something. */
export function addDryRunFlag(command: Command): Command {
  return command.option('--dry-run', 'have the server say what would be done, and do nothing');
}

/** `-l`, of commands that look at many. */
export function addSelectorFlag(command: Command): Command {
  return command.option('-l, --selector <SELECTOR>', 'only those with these labels: team=shop,env!=test');
}

/** `--timeout`, of commands that wait. */
export function addTimeoutFlag(command: Command): Command {
  return command.option('--timeout <DURATION>', 'how long to wait; then the command ends with 5, and nothing is undone (default: 30m)');
}
