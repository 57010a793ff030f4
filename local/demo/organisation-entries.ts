import type { FhirResource } from 'fhir/r4.js';
import type { Organisation } from '../../functions/domain/access/region-policy.ts';
import {
  type EntryContext,
  makeAlert,
  makeAllergy,
  makeAmbulanceIncident,
  makeAppointment,
  makeCarePlan,
  makeClinicLetter,
  makeCommunityContact,
  makeConditions,
  makeCrisisPlanPointer,
  makeDischargeSummary,
  makeImagingReport,
  makeMedicines,
  makeNextOfKin,
  makeProcedure,
  makeResults,
  makeSmokingState,
  makeTeam,
  makeVaccination,
} from './clinical-entries.ts';
import { between, chance } from './random.ts';

/** What an organisation of this type holds about a person; `isFull` leaves nothing to chance. */
export function makeEntries(
  { ods, type }: Pick<Organisation, 'ods' | 'type'>,
  context: EntryContext,
  isFull: boolean,
): FhirResource[] {
  const { random } = context;
  const some = (probability: number, make: () => FhirResource): FhirResource[] =>
    chance(random, probability) || isFull ? [make()] : [];
  const count = (most: number) => (isFull ? most : between(random, 0, most));
  switch (type) {
    case 'gp-practice':
      return [
        ...makeConditions(context, count(2)),
        ...makeMedicines(context, count(2)),
        makeAllergy(context, isFull || chance(random, 0.25)),
        ...some(0.4, () => makeVaccination(context)),
        ...some(0.3, () => makeSmokingState(context)),
        ...some(0.15, () => makeNextOfKin(context, 'Robin', 'Ashdown')),
        ...some(0.05, () =>
          makeCarePlan(context, 'Annual review', 'Blood pressure and blood tests every year.'),
        ),
      ];
    case 'acute-trust':
      return [
        ...makeResults(context, count(3)),
        ...some(0.4, () => makeAppointment(context)),
        ...some(0.25, () => makeImagingReport(context)),
        ...some(0.35, () => makeDischargeSummary(context)),
        ...some(0.2, () => makeProcedure(context)),
        ...(isFull ? [makeClinicLetter(context)] : []),
      ];
    case 'mental-health-trust':
    case 'community-trust':
      return [
        makeCommunityContact(context, 'Community mental health team'),
        makeTeam(context, 'Community mental health team'),
        ...some(0.6, () =>
          makeCarePlan(
            context,
            'Crisis plan',
            'Call the crisis line first. A quiet room helps. Sister may be called.',
          ),
        ),
        ...some(0.3, () => makeAlert(context, 'Visit in pairs')),
        ...(isFull ? [makeCrisisPlanPointer(context, ods)] : []),
      ];
    case 'ambulance-service':
      return [makeAmbulanceIncident(context)];
    case 'care-home':
      return [
        makeTeam(context, 'Night staff'),
        makeCarePlan(
          context,
          'Daily living',
          'Walks with a frame. Thickened fluids. Hearing aid in the left ear.',
        ),
        makeAlert(context, 'At increased risk of falls'),
      ];
    case 'pharmacy':
      return makeMedicines(context, 1);
  }
}
