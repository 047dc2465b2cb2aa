import { Command, InvalidArgumentError, Option } from 'commander';
import { CONTENDER_NAMES } from './contenders/contender.ts';
import type { ContenderName } from './contenders/contender.ts';

/** The command line, read. */
export interface Arguments {
  readonly only: readonly ContenderName[];
  readonly workload: readonly string[];
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly memoryItems: number;
  readonly json?: string;
  readonly fsync: boolean;
  readonly concurrency: number;
  readonly janus: string;
  readonly originalBinary?: string;
  readonly originalCrds?: string;
  readonly withHelm: boolean;
  readonly kubeconfig?: string;
  readonly kubectl: string;
}

/** Reads the command line. Throws commander's `CommanderError` on a fault, `--help` included. */
export function readArguments(parameters: readonly string[]): Arguments {
  const command = new Command('bench')
    .description('Measures Janus beside the Go original and what people use today, on one control plane of its own.')
    .addOption(
      new Option('--only <names>', `contenders to run, with commas: ${CONTENDER_NAMES.join(', ')}`).argParser(contenders).default([]),
    )
    .addOption(new Option('--workload <names>', 'workloads to run, with commas; all by default').argParser(list).default([]))
    .addOption(new Option('--sizes <numbers>', 'sizes of the Patch workload').argParser(positives).default([1, 10, 50, 200], '1,10,50,200'))
    .addOption(new Option('--runs <number>', 'runs of each cell; the original runs 200 once').argParser(positive).default(3))
    .addOption(
      new Option('--memory-items <number>', 'items of the transaction that memory is read after').argParser(positive).default(1000),
    )
    .option('--json <file>', 'also write everything measured to this file')
    .option('--fsync', 'let etcd wait for the disk at each write, as it does in production', false)
    .addOption(new Option('--concurrency <number>', 'requests at once of the bare server-side apply').argParser(positive).default(32))
    .option('--janus <command>', 'command that starts our operator', 'node bin/janus operator --dev')
    .option('--original-binary <file>', 'binary of the Go original to use in place of installing its module')
    .option('--original-crds <directory>', 'the CRDs that belong to --original-binary')
    .option('--with-helm', 'build helm into the cache where it is not on PATH', false)
    .option('--kubeconfig <file>', 'use this control plane, which must be empty: CRDs of Janus on it are replaced and deleted')
    .option('--kubectl <command>', 'kubectl to use with --kubeconfig', 'kubectl')
    .exitOverride();
  const read = command.parse(parameters, { from: 'user' }).opts<Arguments>();
  if ((read.originalBinary === undefined) !== (read.originalCrds === undefined)) {
    throw new InvalidArgumentError('--original-binary and --original-crds go together: a binary needs the CRDs it was built with');
  }
  return read;
}

function list(value: string): string[] {
  return value.split(',').filter((part) => part !== '');
}

function contenders(value: string): ContenderName[] {
  return list(value).map((part) => {
    const name = CONTENDER_NAMES.find((candidate) => candidate === part);
    if (name === undefined) throw new InvalidArgumentError(`there is no contender ${part}; there are ${CONTENDER_NAMES.join(', ')}`);
    return name;
  });
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError(`${value} is not a whole number above 0`);
  return number;
}

function positives(value: string): number[] {
  return list(value).map(positive);
}
