import type { Command } from 'commander';
import type { EventsFlags } from '../transactions/events.ts';
import type { WaitFlags } from '../transactions/wait.ts';
import { addTimeoutFlag } from './shared.ts';

/** `janus watch`, `janus wait`, `janus events` */
export function defineFollow(program: Command): void {
  program
    .command('watch')
    .summary('show a Transaction until it rests: live on a terminal, a line an event without one')
    .description(
      'Shows a Transaction until it rests. On a terminal its changes are shown as a table that is kept up to date; without one, each event is a line. Ends with 0 where it is Committed, with 3 where it is RolledBack, else with 1. Ctrl-C only ends the watching.\n\n  janus watch move-db -n shop\n  janus watch move-db -o json | jq .type',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('-o, --output <FORMAT>', 'table, wide, or json: the stream of "janus events" (default: table)')
    .action(async (name: string, _own: unknown, command: Command) => {
      const { watch } = await import('../transactions/watch.ts');
      await watch(name, command.optsWithGlobals<EventsFlags>());
    });
  addTimeoutFlag(
    program
      .command('wait')
      .summary('wait until a Transaction has come to a goal, or can no more')
      .description(
        'Waits until a Transaction has come to a goal. Ends at once where it can no more: with 3 where it is RolledBack instead, with 1 where it has Failed or is gone; with 5 where the time is up.\n\n  janus wait move-db --for committed --timeout 5m\n  janus wait move-db --for deleted',
      )
      .argument('<TXN>', 'name of the Transaction')
      .option('--for <GOAL>', 'sealed, committed, rolledback, failed, ended (any of these three), or deleted (default: committed)')
      .action(async (name: string, _own: unknown, command: Command) => {
        const { wait } = await import('../transactions/wait.ts');
        await wait(name, command.optsWithGlobals<WaitFlags>());
      }),
  );
  program
    .command('events')
    .summary('show what has happened to a Transaction, for people or as JSON Lines')
    .description(
      'Shows what has happened to a Transaction, the oldest first: phases, changes, conditions, and Kubernetes Events such as writes that were refused. With -o json each line is a JSON object, as docs/reference/event-stream.md describes it.\n\n  janus events move-db -n shop\n  janus events move-db -o json --watch',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('-o, --output <FORMAT>', 'table or json (default: table)')
    .option('-w, --watch', 'go on until it rests; then the exit code is that of "janus watch"')
    .action(async (name: string, _own: unknown, command: Command) => {
      const { events } = await import('../transactions/events.ts');
      await events(name, command.optsWithGlobals<EventsFlags>());
    });
}
