/** Names that go together, as people of one heritage bear them. */
export interface NamePool {
  readonly female: readonly [string, ...string[]];
  readonly male: readonly [string, ...string[]];
  readonly family: readonly [string, ...string[]];
}

/** Made-up lists that reflect London's people; a person takes the given and the family name from one pool. */
export const namePools: readonly [NamePool, ...NamePool[]] = [
  {
    female: [
      'Marian',
      'Catherine',
      'Joan',
      'Emily',
      'Sophie',
      'Margaret',
      'Hannah',
      'Rebecca',
      'Daisy',
      'Elizabeth',
    ],
    male: [
      'Stephen',
      'George',
      'William',
      'Jonathan',
      'Alfie',
      'Geoffrey',
      'Michael',
      'Thomas',
      'Robert',
      'Harry',
    ],
    family: [
      'Thompson',
      'Clarke',
      'Whitfield',
      'Baxter',
      'Hughes',
      'Ashdown',
      'Stevens',
      'Pearce',
      'Reynolds',
      'Lockyer',
    ],
  },
  {
    female: ['Siobhán', 'Aoife', 'Bridget', 'Niamh', 'Kathleen'],
    male: ['Declan', 'Seán', 'Patrick', 'Eoin', 'Brendan'],
    family: ["O'Connor", 'Gallagher', "O'Sullivan", 'Byrne', 'Doherty', 'Kavanagh'],
  },
  {
    female: ['Folasade', 'Grace', 'Ngozi', 'Abena', 'Chiamaka', 'Efua', 'Blessing'],
    male: ['Kwame', 'Olumide', 'Chukwuemeka', 'Kofi', 'Tunde', 'Emmanuel', 'Babatunde'],
    family: ['Adeyemi', 'Okonkwo', 'Mensah', 'Boateng', 'Olawale', 'Eze', 'Owusu', 'Balogun'],
  },
  {
    female: ['Marcia', 'Beverley', 'Shanice', 'Yvonne', 'Althea'],
    male: ['Winston', 'Delroy', 'Leroy', 'Tyrone', 'Marlon'],
    family: ['Campbell', 'Grant', 'Francis', 'Morrison', 'Bailey', 'Gordon'],
  },
  {
    female: ['Fatima', 'Nusrat', 'Aisha', 'Rukhsana', 'Shabnam', 'Taslima', 'Khadija'],
    male: ['Mohammed', 'Abdul', 'Imran', 'Yusuf', 'Rafiq', 'Ibrahim', 'Hassan'],
    family: ['Rahman', 'Hussain', 'Begum', 'Miah', 'Ahmed', 'Chowdhury', 'Khan', 'Uddin', 'Ali'],
  },
  {
    female: ['Priya', 'Anjali', 'Harpreet', 'Lakshmi', 'Meera', 'Jasvinder', 'Nisha'],
    male: ['Rajesh', 'Gurpreet', 'Vikram', 'Suresh', 'Amit', 'Harjit', 'Dinesh'],
    family: ['Patel', 'Singh', 'Kaur', 'Sharma', 'Shah', 'Desai', 'Gill', 'Nair'],
  },
  {
    female: ['Katarzyna', 'Agnieszka', 'Małgorzata', 'Elena', 'Ioana', 'Zofia'],
    male: ['Piotr', 'Krzysztof', 'Tomasz', 'Andrei', 'Mihai', 'Łukasz'],
    family: ['Kowalczyk', 'Wiśniewski', 'Nowak', 'Popescu', 'Ionescu', 'Zieliński'],
  },
  {
    female: ['Xin Yi', 'Mei', 'Ngoc', 'Hui Ling', 'Thuy'],
    male: ['Wei', 'Minh', 'Jian', 'Chi Wai', 'Duc'],
    family: ['Chen', 'Nguyễn', 'Wong', 'Li', 'Trần', 'Cheung'],
  },
  {
    female: ['Ayşe', 'Leila', 'Zeynep', 'Maryam', 'Shirin', 'Hodan'],
    male: ['Mehmet', 'Reza', 'Ahmet', 'Omid', 'Abdirahman', 'Mustafa'],
    family: ['Yılmaz', 'Hosseini', 'Demir', 'Karimi', 'Warsame', 'Öztürk'],
  },
  {
    female: ['María', 'Luciana', 'Beatriz', 'Valentina', 'Fernanda'],
    male: ['José', 'Thiago', 'Carlos', 'Mateus', 'João'],
    family: ['da Silva', 'García', 'Oliveira', 'Rodríguez', 'Pereira', 'Martínez'],
  },
];

/** How the same name is written by another clerk: each names the other spelling. */
const otherSpellings: ReadonlyMap<string, string> = new Map([
  ['Mohammed', 'Muhammad'],
  ['Catherine', 'Katherine'],
  ['Stephen', 'Steven'],
  ['Geoffrey', 'Jeffrey'],
  ['Jonathan', 'Jonathon'],
  ['Elizabeth', 'Elisabeth'],
  ['Rebecca', 'Rebekah'],
  ['Marian', 'Marion'],
  ['Yusuf', 'Yousuf'],
  ['Aisha', 'Ayesha'],
  ['Fatima', 'Fatimah'],
  ['Hussain', 'Hussein'],
  ['Chowdhury', 'Choudhury'],
  ['Ahmed', 'Ahmad'],
  ['Rahman', 'Rehman'],
  ['Thompson', 'Thomson'],
  ['Clarke', 'Clark'],
  ['Stevens', 'Stephens'],
  ['Pearce', 'Pierce'],
  ['Reynolds', 'Renolds'],
  ["O'Connor", 'OConnor'],
  ["O'Sullivan", 'O Sullivan'],
  ['Gallagher', 'Gallacher'],
  ['Francis', 'Frances'],
  ['Bailey', 'Bayley'],
  ['Okonkwo', 'Okonkwor'],
  ['Adeyemi', 'Adeyeme'],
  ['Kowalczyk', 'Kowalchyk'],
  ['Xin Yi', 'Xinyi'],
  ['Chukwuemeka', 'Emeka'],
]);

/** Another plausible spelling of a name: a listed one, else without accents; unchanged when there is neither. */
export function respell(name: string): string {
  return otherSpellings.get(name) ?? removeAccents(name);
}

function removeAccents(name: string): string {
  // Ł and ı have no accent that can be split off.
  return name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('Ł', 'L')
    .replaceAll('ł', 'l')
    .replaceAll('ı', 'i');
}
