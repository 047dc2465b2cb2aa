import { Command } from 'commander';
import { OWN_VERSION } from '../operator/own-version.ts';
import { defineAbout } from './flags/about.ts';
import { defineAdd } from './flags/add.ts';
import { defineApply } from './flags/apply.ts';
import { defineCreate } from './flags/create.ts';
import { defineDiff } from './flags/diff.ts';
import { defineEnd } from './flags/end.ts';
import { defineFollow } from './flags/follow.ts';
import { addGlobalFlags, type GlobalFlags } from './flags/global.ts';
import { defineLocks } from './flags/locks.ts';
import { defineLook } from './flags/look.ts';
import { defineOperator } from './flags/operator.ts';
import { defineRecover } from './flags/recover.ts';
import { defineSeal } from './flags/seal.ts';
import { defineUnlock } from './flags/unlock.ts';
import { asTyped, invokedAs } from './invoked-as.ts';
import { setTalk } from './output.ts';

/** In the order of the help: from the first command of a transaction to the last. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  defineCreate,
  defineAdd,
  defineSeal,
  defineApply,
  defineDiff,
  defineLook,
  defineFollow,
  defineEnd,
  defineRecover,
  defineLocks,
  defineUnlock,
  defineOperator,
  defineAbout,
];

/** Every command with its flags. What a command does is loaded when it runs. */
export function createProgram(self: string = invokedAs()): Command {
  const program = new Command(self)
    .description('Janus changes many Kubernetes objects as one: all of the changes take effect, or none stays.')
    .version(OWN_VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [COMMAND]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true })
    // Errors are thrown instead, and worded in one place.
    .exitOverride()
    .configureOutput({
      outputError: () => undefined,
      writeOut: (text) => void process.stdout.write(asTyped(text, self)),
      writeErr: (text) => void process.stderr.write(asTyped(text, self)),
    })
    .hook('preAction', (_program, command) => setTalk(command.optsWithGlobals<GlobalFlags>()));
  addGlobalFlags(program);
  for (const define of COMMANDS) define(program);
  return program;
}

/** The long flags of all commands that take no value. */
export function switchesOf(command: Command): readonly string[] {
  const own = command.options.filter((option) => option.isBoolean()).flatMap((option) => option.long ?? []);
  return [...own, ...command.commands.flatMap(switchesOf)];
}
