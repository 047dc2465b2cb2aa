import type { Command } from 'commander';
import type { GlobalFlags } from './global.ts';

/** `janus seal` */
export function defineSeal(program: Command): void {
  program
    .command('seal')
    .summary('seal a Transaction: it starts, and nothing more can be added')
    .description('Seals a Transaction: it starts, nothing more can be added, and it cannot be unsealed:\n\n  janus seal move-db -n shop')
    .argument('<TXN>', 'name of the Transaction')
    .action(async (transaction: string, _own: unknown, command: Command) => {
      const { seal } = await import('../seal.ts');
      await seal(transaction, command.optsWithGlobals<GlobalFlags>());
    });
}
