import type { Command } from 'commander';
import type { CreateFlags } from '../create.ts';
import { addSpecFlags } from './transaction.ts';

/** `janus create` */
export function defineCreate(program: Command): void {
  const command = program
    .command('create')
    .summary('create an unsealed Transaction')
    .description(
      'Creates an unsealed Transaction and prints its name, and nothing else, on stdout:\n\n  TXN=$(janus create -g deploy- --sa deployer)',
    )
    .argument('[NAME]', 'name of the Transaction')
    .option('--sa <SA>', 'ServiceAccount that the changes are made as (required)')
    .option('-g, --generate-name <PREFIX>', 'in place of NAME: the server completes this to a name of its own')
    .action(async (name: string | undefined, _own: unknown, command: Command) => {
      const { create } = await import('../create.ts');
      await create(name, command.optsWithGlobals<CreateFlags>());
    });
  addSpecFlags(command);
}
