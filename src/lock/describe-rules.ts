import { CONTAINER_RULES } from './container/rules/index.ts';
import { GUARD_RULES } from './guard/rules/index.ts';
import { RULES } from './rules/index.ts';

/** The rules in order with their reasons, as the Markdown of a reference page. */
export function describeRules(): string {
  const known = new Set(RULES.map(({ name }) => name));
  return [
    '# How a write to a locked object is decided',
    '',
    'The webhook asks these rules in order; the first that answers decides. If none does, or one of them fails, the write is denied. The names are those of the label `rule` of the metrics.',
    '',
    ...listOf(RULES),
    '',
    '## Namespaces and CustomResourceDefinitions',
    '',
    'A write that could remove a Namespace, or change what a CustomResourceDefinition does to its objects, is decided from the records of all open transactions:',
    '',
    ...listOf(CONTAINER_RULES),
    '',
    '## Guards',
    '',
    'What meets a [guard](../locks.md#guards) is asked these. Those without a reason here are the rules above.',
    '',
    ...GUARD_RULES.map(({ name, reason }, index) => `${index + 1}. **\`${name}\`**${known.has(name) ? '' : `: ${reason}`}`),
    '',
  ].join('\n');
}

function listOf(rules: readonly { readonly name: string; readonly reason: string }[]): readonly string[] {
  return rules.map(({ name, reason }, index) => `${index + 1}. **\`${name}\`**: ${reason}`);
}
