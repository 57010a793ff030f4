import type { AuditEvent, AuditEventAgent, AuditEventEntity, CodeableConcept, Coding } from 'fhir/r4.js';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';

/**
 * What breaks FHIR R4's own cardinalities, or, for a successful read or query, IHE BALP's profiles Read, PatientRead, Query
 * and PatientQuery (https://profiles.ihe.net/ITI/BALP); empty for a conformant event.
 */
export function balpProblems(event: AuditEvent): string[] {
  const problems: string[] = [];
  const need = (holds: unknown, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { action, agent = [], entity = [], subtype = [] } = event;
  need(
    isCoding(event.type, 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'),
    'type is rest',
  );
  need(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(event.recorded), 'recorded is an instant');
  need(['0', '4', '8', '12'].includes(event.outcome ?? ''), 'outcome is of the value set');
  need(['C', 'R', 'U', 'D', 'E'].includes(action ?? ''), 'action is of the value set');
  need(agent.length > 0 && agent.every(({ requestor }) => typeof requestor === 'boolean'), 'agents');
  need(event.source?.observer, 'source.observer 1..1');
  need(event.text?.div?.startsWith('<div xmlns="http://www.w3.org/1999/xhtml">'), 'text is XHTML');
  // sev-1: either a name or a query, not both.
  need(
    entity.every(({ name, query }) => !(name && query)),
    'sev-1',
  );
  if (event.outcome !== '0' || (action !== 'R' && action !== 'E')) return problems;

  const isQuery = action === 'E';
  const codes = isQuery ? ['search', 'search-type', 'search-system'] : ['read', 'vread'];
  need(
    subtype.some(
      ({ code = '', system }) => system === 'http://hl7.org/fhir/restful-interaction' && codes.includes(code),
    ),
    'subtype names the interaction',
  );
  const [client, server] = isQuery ? ['110153', '110152'] : ['110152', '110153'];
  for (const [who, code] of [
    ['client', client],
    ['server', server],
  ] as const) {
    const found = agent.filter(({ type }) => hasCode(type, dicom, code));
    need(found.length === 1, `agent[${who}] 1..1`);
    for (const one of found) {
      need(one.who, `agent[${who}].who 1..1`);
      need(one.network, `agent[${who}].network 1..1`);
      need(!one.media, `agent[${who}].media 0..0`);
    }
  }
  const users = agent.filter(({ type }) =>
    hasCode(type, 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'),
  );
  need(users.length <= 1, 'agent[user] 0..1');
  for (const user of users) needUser(user, need);

  const ofType = (code: string) => entity.filter(({ type }) => isCoding(type, entityTypes, code));
  const patients = ofType('1');
  const aboutSomebody = patients.length > 0;
  need(entity.length >= (aboutSomebody ? 2 : 1), 'entity');
  if (aboutSomebody) {
    need(patients.length === 1, 'entity[patient] 1..1');
    need(isCoding(patients[0]?.role, objectRoles, '1'), 'entity[patient].role');
    need(patients[0]?.what?.reference?.startsWith('Patient/'), 'entity[patient].what is a Patient');
  }
  const transactions = entity.filter(({ type }) => type?.code === 'XrequestId');
  need(transactions.length <= 1, 'entity[transaction] 0..1');
  for (const { what } of transactions)
    need(what?.identifier?.value, 'entity[transaction].what.identifier.value');
  const objects = ofType('2');
  need(objects.length === 1, `entity[${isQuery ? 'query' : 'data'}] 1..1`);
  for (const one of objects) (isQuery ? needQuery : needData)(one, need);
  return problems;
}

type Need = (holds: unknown, problem: string) => void;

function needUser({ media, network, requestor, who }: AuditEventAgent, need: Need): void {
  need(who, 'agent[user].who 1..1');
  need(requestor === true, 'agent[user].requestor is true');
  need(!media && !network, 'agent[user] has no media, no network');
}

function needQuery({ detail, lifecycle, query, role, what }: AuditEventEntity, need: Need): void {
  need(isCoding(role, objectRoles, '24'), 'entity[query].role');
  need(!what && !lifecycle && !detail, 'entity[query] has no what, lifecycle, detail');
  need(query && Buffer.from(query, 'base64').toString('base64') === query, 'entity[query].query is base64');
}

function needData({ role, what }: AuditEventEntity, need: Need): void {
  need(role?.system === objectRoles && ['3', '4', '20'].includes(role.code ?? ''), 'entity[data].role');
  need(what, 'entity[data].what 1..1');
}

function isCoding(coding: Coding | undefined, system: string, code: string): boolean {
  return coding?.system === system && coding.code === code;
}

function hasCode(type: CodeableConcept | undefined, system: string, code: string | undefined): boolean {
  return type?.coding?.some((coding) => isCoding(coding, system, code ?? '')) ?? false;
}
