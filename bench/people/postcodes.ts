import type { Random } from '../../local/demo/random.ts';

/** The postcode areas of the United Kingdom with their number of districts, about in proportion to their people. */
const areas =
  `AB32 AL10 B74 BA19 BB17 BD22 BH25 BL10 BN31 BR8 BS31 BT80 CA26 CB25 CF37 CH39 CM26 CO16 CR9 CT21 CV26 CW12
  DA18 DD12 DE25 DG12 DH9 DL16 DN31 DT11 DY14 E20 EC4 EH40 EN11 EX34 FK16 FY8 G58 GL35 GU32 HA9 HD9 HG5 HP23 HR9 HU19 HX7
  IG11 IP33 IV48 KA24 KT24 KW15 KY15 L39 LA22 LD7 LE22 LL64 LN13 LS29 LU7 M46 ME19 MK24 ML12 N22 NE54 NG30 NN18 NP20 NR34
  NW11 OL16 OX25 PA50 PE36 PH40 PL32 PO36 PR12 RG27 RH19 RM20 S60 SA55 SE28 SG17 SK22 SL9 SM7 SN20 SO32 SP11 SR8 SS17
  ST20 SW20 SY24 TA21 TD13 TF11 TN38 TQ13 TR24 TS27 TW20 UB10 W14 WA16 WC3 WD13 WF17 WN8 WR14 WS14 WV16 YO31 ZE2`
    .trim()
    .split(/\s+/)
    .flatMap((area) => {
      const [, letters = '', districts = '1'] = /^([A-Z]+)(\d+)$/.exec(area) ?? [];
      return Array.from({ length: Number(districts) }, (_, index) => `${letters}${index + 1}`);
    });

/** The letters of the inward part; C, I, K, M, O and V are not used there. */
const inward = 'ABDEFGHJLNPQRSTUWXYZ';

/** One of about 1.7 million postcodes: five sectors a district and 120 postcodes a sector are in use. */
export function drawPostcode(random: Random): string {
  const district = areas[Math.floor(random() * areas.length)] ?? 'E2';
  const sector = Math.floor(random() * 5) + 1;
  const unit = Math.floor(random() * 120) * 3;
  return `${district} ${sector}${inward[Math.floor(unit / 20) % 20]}${inward[unit % 20]}`;
}

const streetKinds = ['Street', 'Road', 'Avenue', 'Close', 'Lane', 'Drive', 'Gardens', 'Court'];
const streetNames =
  'High Station Church Park Victoria Green Manor Kings Queens Mill School North West Grange Springfield Albert'.split(
    ' ',
  );

/** The first line of an address: the street belongs to the postcode, the house number to the household. */
export function drawAddressLine(postcode: string, random: Random): string {
  let sum = 0;
  for (const letter of postcode) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  const name = streetNames[sum % streetNames.length];
  const kind = streetKinds[(sum >>> 8) % streetKinds.length];
  return `${Math.floor(random() * 60) + 1} ${name} ${kind}`;
}
