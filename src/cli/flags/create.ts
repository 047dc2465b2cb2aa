import type { Command } from 'commander';
import type { CreateFlags } from '../create.ts';

/** `janus create` */
export function defineCreate(program: Command): void {
  program
    .command('create')
    .summary('create an unsealed Transaction')
    .description(
      'Creates an unsealed Transaction and prints its name, and nothing else, on stdout:\n\n  TXN=$(janus create -g deploy- --sa deployer)',
    )
    .argument('[NAME]', 'name of the Transaction')
    .option('--sa <SA>', 'ServiceAccount that the changes are made as (required)')
    .option('-g, --generate-name <PREFIX>', 'in place of NAME: the server completes this to a name of its own')
    .option('--lock-timeout <DURATION>', 'how long to wait for objects that other transactions hold (default: 5m)')
    .option('--timeout <DURATION>', 'how long the transaction may take before it is rolled back (default: 30m)')
    .option('--description <TEXT>', 'what it is for; shown to those whose writes it holds up')
    .option('--on-conflict <Wait|Fail>', 'what to do about objects that other transactions hold (default: Wait)')
    .option('--foreign-writes <Deny|Delay>', "what happens to others' writes to locked objects (default: Deny)")
    .option('--health-timeout <DURATION>', 'let each order get ready, within this time, before the next one begins')
    .action(async (name: string | undefined, _own: unknown, command: Command) => {
      const { create } = await import('../create.ts');
      await create(name, command.optsWithGlobals<CreateFlags>());
    });
}
