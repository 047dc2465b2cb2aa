import { CONDITIONS } from '../../api/conditions.ts';
import { ERRORS, explain, type ErrorCode } from '../../api/errors.ts';
import { EVENT_ROWS } from '../../api/events.ts';
import { GROUP } from '../../api/group.ts';
import type { ResourceDefinition } from '../../api/resource.ts';
import { RESOURCES } from '../../api/resources.ts';
import { structuralSchema, type StructuralSchema } from '../../api/structural-schema.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { GLOSSARY, type Term } from './glossary.ts';

/** Every word that Janus can explain, from the tables that the reference is made of. */
export function allTerms(): readonly Term[] {
  return [
    ...GLOSSARY.map((row) => ({ ...row, kind: 'term' })),
    ...CONDITIONS.flatMap(({ type, polarity, set, reasons }) => [
      { term: type, kind: 'condition', meaning: `${POLARITY[polarity]} ${set}` },
      ...reasons.map(({ reason, status, meaning }) => ({ term: reason, kind: `reason of ${type}=${status}`, meaning })),
    ]),
    ...EVENT_ROWS.map(({ reason, type, meaning }) => ({ term: reason, kind: `reason of an Event (${type})`, meaning })),
    ...(Object.keys(ERRORS) as ErrorCode[]).map((code) => errorTerm(code)),
    ...RESOURCES.flatMap(fieldsOf),
    ...EXIT_CODES.map(({ code, meaning }) => ({ term: `exit ${String(code)}`, kind: 'exit code', meaning })),
  ];
}

const POLARITY = {
  milestone: 'A milestone: True from when it was reached, absent before.',
  positive: 'Good when True.',
  negative: 'Good when absent.',
} as const;

function errorTerm(code: ErrorCode): Term {
  const { status, reason, message } = explain(code, ERRORS[code].example);
  return { term: code, kind: `error (${String(status)} ${reason})`, meaning: `For example: ${message}` };
}

function fieldsOf(definition: ResourceDefinition): readonly Term[] {
  const { description, kind, plural, singular, spec, status } = definition;
  return [
    { term: kind, kind: `resource ${plural}.${GROUP}`, meaning: description },
    ...fields(`${singular}.spec`, structuralSchema(spec, 'spec')),
    ...(status === undefined ? [] : fields(`${singular}.status`, structuralSchema(status, 'status'))),
  ];
}

function fields(path: string, { description, documentedDefault, items, properties = {}, type }: StructuralSchema): readonly Term[] {
  const standard = documentedDefault === undefined ? '' : ` Default: ${documentedDefault}.`;
  return [
    { term: path, kind: `field (${type})`, meaning: `${description}${standard}` },
    ...Object.entries(properties).flatMap(([name, field]) => fields(`${path}.${name}`, field)),
    ...Object.entries(items?.properties ?? {}).flatMap(([name, field]) => fields(`${path}.${name}`, field)),
  ];
}
