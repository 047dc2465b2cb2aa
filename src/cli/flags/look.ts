import type { Command } from 'commander';
import type { GetFlags } from '../transactions/get.ts';
import type { ListFlags } from '../transactions/list.ts';
import { addAllNamespacesFlag, addOutputFlag, addSelectorFlag } from './shared.ts';

/** `janus get`, `janus status`, `janus list`, `janus history` */
export function defineLook(program: Command): void {
  addOutputFlag(
    program
      .command('get')
      .summary('show Transactions by name, a line each')
      .description('Shows Transactions by name, a line each:\n\n  janus get move-db -n shop\n  janus get move-db -o yaml')
      .argument('<TXN...>', 'names of Transactions')
      .action(async (names: readonly string[], _own: unknown, command: Command) => {
        const { get } = await import('../transactions/get.ts');
        await get(names, command.optsWithGlobals<GetFlags>());
      }),
  );
  addOutputFlag(
    program
      .command('status')
      .summary('show one Transaction: how far it is, its changes, what is wrong, what to do next')
      .description(
        'Shows one Transaction: how far it is, for whom, what becomes of each change, what is wrong, and the next command. The exit code tells only whether it could be read; "janus wait" is for scripts.\n\n  janus status move-db -n shop\n  janus status move-db -o wide',
      )
      .argument('<TXN>', 'name of the Transaction')
      .action(async (name: string, _own: unknown, command: Command) => {
        const { status } = await import('../transactions/status.ts');
        await status(name, command.optsWithGlobals<GetFlags>());
      }),
  );
  const list = program
    .command('list')
    .summary('list Transactions, the youngest last')
    .description(
      'Lists Transactions, the youngest last:\n\n  janus list\n  janus list -A --phase Failed\n  janus list -l team=shop -o name',
    )
    .option('--phase <PHASE>', 'only those in this phase, or Unsealed')
    .action(async (_own: unknown, command: Command) => {
      const { list } = await import('../transactions/list.ts');
      await list(command.optsWithGlobals<ListFlags>());
    });
  addOutputFlag(addSelectorFlag(addAllNamespacesFlag(list)));
  const history = program
    .command('history')
    .summary('list Transactions that have ended: how, when, how long they took, for whom')
    .description(
      'Lists Transactions that have ended, the one that ended last at the end: how, when, how long they took, for whom, and what they were for. They are there until somebody deletes them.\n\n  janus history\n  janus history -A -l team=shop\n  janus history -o json',
    )
    .action(async (_own: unknown, command: Command) => {
      const { history } = await import('../transactions/list.ts');
      await history(command.optsWithGlobals<ListFlags>());
    });
  addOutputFlag(addSelectorFlag(addAllNamespacesFlag(history)));
}
