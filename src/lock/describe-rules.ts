import { RULES } from './rules/index.ts';

/** The rules in order with their reasons, as the Markdown of a reference page. */
export function describeRules(): string {
  const rules = RULES.map(({ name, reason }, index) => `${index + 1}. **\`${name}\`**: ${reason}`);
  return [
    '# How a write to a locked object is decided',
    '',
    'The webhook asks these rules in order; the first that answers decides. If none does, or one of them fails, the write is denied. The names are those of the label `rule` of the metrics.',
    '',
    ...rules,
    '',
  ].join('\n');
}
