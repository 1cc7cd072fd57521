//! Every code, with its long explanation. A test in `tests/` searches the sources for codes and fails when one is missing here.

/// The long version of a message.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The stable code.
    pub code: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// Why it happens and what to do, in a few sentences.
    pub advice: &'static str,
}

/// Looks a code up; letter case does not matter.
pub fn explain(code: &str) -> Option<&'static Explanation> {
    CODES
        .iter()
        .find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// All codes, sorted.
pub const CODES: &[Explanation] = &[
    Explanation {
        code: "E-AGR-DRAFT",
        meaning: "The agreement still has texts that nobody has written.",
        advice: "A draft says TO BE WRITTEN where the parties must say why they link, on which legal \
                 ground, and what is kept for how long. Nobody can sign before that. Write these \
                 texts in your own words; all parties then sign the same text.",
    },
    Explanation {
        code: "E-AGR-EXPIRED",
        meaning: "The agreement has ended on the day of this step.",
        advice: "After its last day no package is made or opened under an agreement. The parties \
                 agree on a new end, draft the agreement again and all sign; packages made under the \
                 old text stay refused.",
    },
    Explanation {
        code: "E-AGR-FORMAT",
        meaning: "The agreement, its signatures or a public part of a key breaks the format.",
        advice: "The format is strict: an unknown key, a key given twice or a value outside its rule \
                 is an error, so that nobody signs something that the program ignores. The message \
                 names the line and the rule. After a change to the text every party signs again.",
    },
    Explanation {
        code: "E-AGR-PARTY",
        meaning: "A party is named that the agreement does not list.",
        advice: "A key, a signature or a package carries an id that is not among the agreement's \
                 parties. Check that all of them belong to the same agreement; a new party needs a \
                 new agreement.",
    },
    Explanation {
        code: "E-AGR-PEOPLE",
        meaning: "The agreement is for more people than its linkage schema protects.",
        advice: "The strength of the diffusion is chosen for a number of people. Beyond it an \
                 attacker with a list of the population can tell codes apart. Lower `--people`, \
                 or choose a linkage schema with more diffusion.",
    },
    Explanation {
        code: "E-AGR-SIGNATURE",
        meaning: "A signature does not fit the agreement's text or the party.",
        advice: "Signatures cover every byte of the text, comments too. Either the text changed after \
                 signing, or the signature was made with another key. Compare the agreement's \
                 fingerprint with the other parties before anyone signs again.",
    },
    Explanation {
        code: "E-AGR-SIGNED",
        meaning: "A new agreement would replace one that parties have begun to sign.",
        advice: "Signatures belong to one exact text. Write the new agreement to another file, or \
                 move the old one and its `.sig` file away on purpose.",
    },
    Explanation {
        code: "E-AGR-UNSIGNED",
        meaning: "Not every party has signed the agreement.",
        advice: "Packages are made and opened only under an agreement that all parties signed. Each \
                 missing party runs `kinfold agreement sign` with its own key; the signatures stand \
                 in the `.sig` file beside the agreement.",
    },
    Explanation {
        code: "E-BUG",
        meaning: "kinfold failed in a way that should be impossible.",
        advice: "This is a mistake in the program, not in the data. Nothing half-written is \
                 left. Report the line; it holds no data.",
    },
    Explanation {
        code: "E-CHECK-CODE",
        meaning: "The mapping makes events of a code that the agreement does not list.",
        advice: "Only the event codes in the agreement may leave. Correct the `code` in \
                 mapping.toml, or mark the rows with `leave_out = true`. A new code needs a new \
                 agreement, signed by all.",
    },
    Explanation {
        code: "E-CHECK-DECIDED",
        meaning: "Some decisions are about own ids that no people file has.",
        advice: "The file under `decided` in mapping.toml names pairs by source and own id. People \
                 who left the extract need no decision any more. If nearly all are missing, look \
                 at the own ids: a spreadsheet turns 0012 into 12 when it opens the file.",
    },
    Explanation {
        code: "E-CHECK-DECISION",
        meaning: "Some decisions for one person were not followed.",
        advice: "Decisions that hang together stand or fall together. None of them is followed \
                 when another decision says that two of their people are two, when two have \
                 different verified NHS numbers, or when one must not be linked. doubtful.csv \
                 lists these pairs with `decision`. Take a contradicting decision back, or correct \
                 the records at source.",
    },
    Explanation {
        code: "E-CHECK-DECISIONS",
        meaning: "The list of doubtful pairs would be written over the decisions.",
        advice: "The mapping names, under `decided`, the doubtful.csv of the folder that is written \
                 to. Your decisions would be lost, so nothing was written. Save them under another \
                 name beside mapping.toml and name that file.",
    },
    Explanation {
        code: "E-CHECK-DUPLICATE",
        meaning: "Some rows are nearly the same person and were left apart.",
        advice: "Rows of one person are brought together on strong agreement only; twins, two NHS \
                 numbers, two own ids of one file, a missing birth date or an unsure first name \
                 keep them apart. doubtful.csv lists the pairs with the reason. Correct the \
                 records at source, or write `one` or `two` in its last column, save it under \
                 another name and name it under `decided` in mapping.toml. Leaving pairs apart \
                 only costs some links.",
    },
    Explanation {
        code: "E-CHECK-EVENT",
        meaning: "Some rows of an events file have no own id or no readable start date.",
        advice: "An event without a person or a date cannot be used and is left out. Look for \
                 rows whose date is empty or written in another form than the rest, and fill them \
                 at source.",
    },
    Explanation {
        code: "E-CHECK-EXCEL",
        meaning: "Excel has destroyed values of a column.",
        advice: "Opened and saved in Excel, a long number becomes 9E+11 and loses its last \
                 digits, which nobody can bring back. The values are treated as missing. Export \
                 the column as text from the case system and do not open the file in Excel before \
                 kinfold reads it.",
    },
    Explanation {
        code: "E-CHECK-LETTERS",
        meaning: "Letters of the file look damaged by an earlier program.",
        advice: "Signs such as two odd letters in place of one with an accent show that a program \
                 before kinfold read the text in the wrong encoding. Names with such letters will \
                 not match elsewhere. Export the file again as UTF-8.",
    },
    Explanation {
        code: "E-CHECK-LONG",
        meaning: "Some lines have more cells than the header has names.",
        advice: "Their cells cannot be trusted to stand in the right columns, so the lines are \
                 not read. Usually an address holds the delimiter and is not in quotes. Export \
                 with quotes around every text.",
    },
    Explanation {
        code: "E-CHECK-OWN-ID",
        meaning: "Some rows of a people file have no own id.",
        advice: "Without the agency's own id nobody could find the person again, and no event \
                 could be joined. The rows are left out. Fill the id at source, or map another \
                 column as `own_id`.",
    },
    Explanation {
        code: "E-CHECK-SERVICE",
        meaning: "The mapping names a service that the agreement does not list as a contact.",
        advice: "The events leave all the same, without a service to call. Contacts stand in the \
                 public part of the party's key (`kinfold key new --contacts FILE`) and so in the \
                 agreement; a new service needs a new agreement.",
    },
    Explanation {
        code: "E-CHECK-SHARED-ID",
        meaning: "One own id stands on rows that are clearly several people.",
        advice: "An own id names one person, and events are joined by it, so their events would \
                 become those of one person. It stops the encoding. Usually a spreadsheet filled one \
                 number down a column. check.json lists the lines under `shared_own_ids`. Give every \
                 person an own id at source and export again.",
    },
    Explanation {
        code: "E-CHECK-STRANGERS",
        meaning: "Some events belong to own ids that no people file has.",
        advice: "The people file and the events file were probably extracted on different days or \
                 with different filters. Such events are left out, because nobody knows whom they \
                 are about.",
    },
    Explanation {
        code: "E-CHECK-UNKNOWN",
        meaning: "Some rows of an events file have a value that no rule of the mapping knows.",
        advice: "A new code in a case system must be looked at once, and never be dropped in \
                 silence, so it stops the encoding. The message shows the pattern of the value, \
                 not the value. Look at the line, then add the value to an `[[events.rule]]` in \
                 mapping.toml, with a code or with `leave_out = true`.",
    },
    Explanation {
        code: "E-COMPAT-COLUMNS",
        meaning: "Rows of a file have another number of cells than the schema has features.",
        advice: "A schema of clkhash describes every column of the file, in order, ignored ones too. An empty \
                 line is a row without cells. A comma inside a value needs double quotes around the \
                 value. The message names the first rows.",
    },
    Explanation {
        code: "E-COMPAT-CONVERT",
        meaning: "No linkage schema can be made of a clkhash schema.",
        advice: "Columns are recognised by the words of their identifiers, and none, or too few \
                 to link by, were. Start from a shipped schema (`kinfold schema show standard`) \
                 and remove what your sources do not hold.",
    },
    Explanation {
        code: "E-COMPAT-HEADER",
        meaning: "The first line of a file does not name the columns as the schema does.",
        advice: "The names must be the schema's identifiers, letter for letter and in order, because a \
                 column that is taken for another one gives CLKs that match nobody. Say `--header skip` if \
                 the first line names the columns in other words, and `--header none` if it is a record.",
    },
    Explanation {
        code: "E-COMPAT-OUTPUT",
        meaning: "The CLKs would replace one of the files they are made from.",
        advice: "Choose another file with `-o`.",
    },
    Explanation {
        code: "E-COMPAT-REFUSED",
        meaning: "clkhash takes this schema, but kinfold does not.",
        advice: "Either a name looks as if it did something and clkhash 0.18.3 reads over it (`xorFolds`, \
                 `fractionalPrecision`): then the CLKs would not be what the schema's author wanted. Or kinfold \
                 cannot do it exactly as clkhash does, and almost the same is not the same. The message says \
                 which; `--clkhash-0.18-compat` reads over such names as clkhash does.",
    },
    Explanation {
        code: "E-COMPAT-SCHEMA",
        meaning: "A clkhash schema breaks clkhash's own rules.",
        advice: "The message names the place in the schema and the line. Everything that clkhash would find out \
                 only while it hashes is checked before: the length that BLAKE2 needs, the number of features \
                 that the key derivation can serve, patterns and date formats.",
    },
    Explanation {
        code: "E-COMPAT-SECRET",
        meaning: "The file with the secret cannot be used.",
        advice: "It holds the secret that all parties share and nothing else. One line end after it is taken \
                 off. An empty secret would let anybody make the same CLKs.",
    },
    Explanation {
        code: "E-COMPAT-TEXT",
        meaning: "A file is not CSV text as clkhash reads it.",
        advice: "clkhash reads UTF-8 text. Save the file as UTF-8; in a spreadsheet program this is called \
                 `CSV UTF-8`. A quote that is never closed makes one endless cell.",
    },
    Explanation {
        code: "E-COMPAT-VALUE",
        meaning: "Values of a column break the schema.",
        advice: "Nothing was written, because all parties must encode the same kind of values. The message \
                 counts the values of each column and rule and names the first rows: row 1 is the first record after \
                 the header. Correct the extract. If spaces around the values are the trouble, `--trim` \
                 takes them off; all parties must then do the same.",
    },
    Explanation {
        code: "E-ENC-NOBODY",
        meaning: "No person of the file can be encoded.",
        advice: "A record needs at least a name and a birth date, or another identifier that the \
                 linkage schema uses. When nobody has them, the mapping usually points at the \
                 wrong columns. Correct mapping.toml and run kinfold check.",
    },
    Explanation {
        code: "E-ENC-PARTNER",
        meaning: "The linkage schema makes match keys for every two custodians, and no other custodian is known.",
        advice: "With key_scope = \"pair\" every custodian makes a set of tokens for each other \
                 one. The agreement lists the custodians; for a bench name them with `--sources \
                 OWN OTHER …`. With key_scope = \"agreement\" one set is for all.",
    },
    Explanation {
        code: "E-ENC-REFERENCE",
        meaning: "Two people were given one record reference.",
        advice: "A record's reference is made of the person's own ids. When two people have \
                 one, own ids are missing or shared in a way that should not happen; nothing \
                 was written. Check the column of own ids with `kinfold check`.",
    },
    Explanation {
        code: "E-ENC-SCRATCH",
        meaning: "Codes that wait for the end of a large file could not be kept on disk.",
        advice: "What may be released of one person depends on the others, so the codes of a \
                 large file wait on disk, in an unnamed file in the folder of the output that \
                 goes when the program ends. Free some space there, or write to a folder on \
                 another disk.",
    },
    Explanation {
        code: "E-ENC-STANDARD",
        meaning: "The linkage schema asks for standardisation rules that this program does not have.",
        advice: "Names and addresses are standardised before they are encoded, and two custodians \
                 link only when both do it alike. Every custodian uses the version of kinfold \
                 that the agreement names.",
    },
    Explanation {
        code: "E-ENC-TOO-MANY",
        meaning: "The file has more people than the linkage schema is safe for.",
        advice: "The more people, the more diffusion a filter needs so that attacks on it fail. \
                 The parties agree on a linkage schema for their number of people, or the \
                 custodian sends fewer.",
    },
    Explanation {
        code: "E-ENCODE-COLUMN",
        meaning: "A column of the table is not there, or no column has the name of a field.",
        advice: "A bench reads the columns that have the names of the linkage schema's fields \
                 (first_name, birth_date, …). Say which column is which with `--column \
                 FIELD=COLUMN`, once for each.",
    },
    Explanation {
        code: "E-ENCODE-CUSTODIAN",
        meaning: "The mapping belongs to another custodian than the key.",
        advice: "`custodian` in mapping.toml must be the id of the party whose key is given. \
                 Check that both files are those of your own agency.",
    },
    Explanation {
        code: "E-ENCODE-KEY",
        meaning: "The key file of a bench is too short.",
        advice: "The key of a bench is the bytes of any file of 16 bytes or more, for instance \
                 `head -c 32 /dev/urandom > bench.key`. Codes made with it are not for release, \
                 and the keys of a project are never used here.",
    },
    Explanation {
        code: "E-ENCODE-SCHEMA",
        meaning: "The linkage schema is not the one that the agreement names.",
        advice: "The agreement pins the schema by its hash, so that all custodians encode in the \
                 same way. Give the agreed text with `--schema FILE`, or install the version of \
                 kinfold that ships it.",
    },
    Explanation {
        code: "E-ENCODE-TABLE",
        meaning: "The table, or a row of it, cannot be read.",
        advice: "A bench reads CSV: UTF-8, with commas, semicolons, tabs or bars, one line of \
                 names, as many columns in every row. The message names the line, or what the \
                 file is. Save the table in that form and run the same command again; nothing \
                 was written.",
    },
    Explanation {
        code: "E-ENCODE-THREADS",
        meaning: "The threads of an encoding could not be started.",
        advice: "The system allows fewer threads than were asked for. Ask for fewer with \
                 `--threads`; the result is the same.",
    },
    Explanation {
        code: "E-EVALUATE-GROUPS",
        meaning: "A column cannot be used to compare groups of people.",
        advice: "The column is in neither file, or has more than 40 different values. Groups are \
                 read side by side, so put values into bands first: ages into age bands, names \
                 into lengths.",
    },
    Explanation {
        code: "E-EVALUATE-INPUT",
        meaning: "The files to evaluate contradict each other, or a cell in them cannot be used.",
        advice: "A record is listed twice, belongs to two clusters, has no id, or a probability \
                 is not a number from 0 to 1. The message names file, line and column. Check that \
                 people, pairs, households, needs and truth are from the same run and the same \
                 sample.",
    },
    Explanation {
        code: "E-EXPLAIN-CODE",
        meaning: "There is no message with this code.",
        advice: "`kinfold explain` without a code lists all of them. Codes look like E-FILE- \
                 MISSING; letter case does not matter.",
    },
    Explanation {
        code: "E-EXPLAIN-UNKNOWN",
        meaning: "There is no message with this code.",
        advice: "Run `kinfold explain` or `kinfold-hub explain` without a code for the list of \
                 all codes.",
    },
    Explanation {
        code: "E-EXTRACT-BINARY",
        meaning: "The file holds bytes that no text has.",
        advice: "kinfold reads delimited text. The file may be a database, an archive, or text in \
                 an encoding that was told wrongly in mapping.toml. Export the table as CSV in \
                 UTF-8.",
    },
    Explanation {
        code: "E-EXTRACT-CHANGED",
        meaning: "The file was changed while it was being read.",
        advice: "A large file is read more than once, because its people are not held in memory. It \
                 was not the same each time, so nothing was made. Wait until the export is \
                 finished, or copy the files to a folder where nothing writes, and try again.",
    },
    Explanation {
        code: "E-EXTRACT-COLUMN",
        meaning: "A column that the mapping names is not in the file.",
        advice: "The export has changed, or the name has a typing mistake; letter case and \
                 punctuation do not matter. The hint lists the columns that are there. If the \
                 list looks like data, the header was not found: say its line with `header_line` \
                 under `[people.form]` or `[events.form]`.",
    },
    Explanation {
        code: "E-EXTRACT-DATES",
        meaning: "A column mixes day-first with month-first dates.",
        advice: "Some dates can only be day first, others only month first, so most of the rest \
                 could be either and none can be trusted. Export the column in one order. If you \
                 know the order, say it with `dates` in mapping.toml; dates of the other order \
                 are then not read.",
    },
    Explanation {
        code: "E-EXTRACT-DECISION",
        meaning: "A line of the decided pairs cannot be read.",
        advice: "Each line names two people: `source` and `own_id`, `other_source` and \
                 `other_own_id`, as doubtful.csv has them. Under `decision` stands `one`, `two` or \
                 nothing. The sources are those of mapping.toml, and the two own ids are not the \
                 same one.",
    },
    Explanation {
        code: "E-EXTRACT-EMPTY",
        meaning: "The file is empty.",
        advice: "There is no text in it. The export probably failed or is still being written. \
                 Export again and look at the size of the file.",
    },
    Explanation {
        code: "E-EXTRACT-ENCODING",
        meaning: "The text is not in the encoding that it should be in.",
        advice: "The message names the first line that breaks the encoding. Remove `encoding` \
                 from mapping.toml to have it recognised, or export the file as UTF-8.",
    },
    Explanation {
        code: "E-EXTRACT-HEADER",
        meaning: "No line of the file looks like a header.",
        advice: "The column names must stand in one line. Say which with `header_line = N` under \
                 `[people.form]` or `[events.form]` in mapping.toml.",
    },
    Explanation {
        code: "E-EXTRACT-MAPPING",
        meaning: "The mapping file breaks a rule.",
        advice: "The format is strict: an unknown key is an error, so that a typing mistake \
                 cannot silently drop a column. The message names the line. The manual's \
                 reference of mapping.toml lists every key.",
    },
    Explanation {
        code: "E-EXTRACT-TABLE",
        meaning: "The rows of the file cannot be told apart.",
        advice: "Quotes in the file do not close where they should, in a way that would mix up \
                 rows. Export again with every field in double quotes.",
    },
    Explanation {
        code: "E-EXTRACT-WORKBOOK",
        meaning: "The file is an Excel workbook.",
        advice: "kinfold reads delimited text. In Excel use File, Save as, `CSV UTF-8 (comma \
                 delimited)`; better, export CSV straight from the case system, because Excel \
                 destroys long numbers and dates.",
    },
    Explanation {
        code: "E-FILE-DISK-FULL",
        meaning: "The disk filled up while a file was being written.",
        advice: "Files are written under a temporary name and renamed only when complete, so nothing half-written is left. Free some \
                 space or choose another disk, and run the same command again.",
    },
    Explanation {
        code: "E-FILE-INTERRUPTED",
        meaning: "The command was interrupted, with Ctrl-C or by the system (SIGTERM).",
        advice: "Files are written under a temporary name and renamed when whole. The unfinished \
                 ones of this command were removed, and what was there before is as it was. Run \
                 the same command again. Only a process that is killed (SIGKILL, a power cut) \
                 leaves .NAME.part files, for their owner alone; the same command replaces them.",
    },
    Explanation {
        code: "E-FILE-IO",
        meaning: "A file could not be read or written.",
        advice: "The message names the file and the operating system's reason. Check that the folder exists and that your account may \
                 read and write there.",
    },
    Explanation {
        code: "E-FILE-MISSING",
        meaning: "A file that the command needs is not there.",
        advice: "Check the path for typing mistakes. Relative paths start at the current directory, \
                 or at the folder given with `-C`.",
    },
    Explanation {
        code: "E-HUB-DAMAGED",
        meaning: "A section that the hub received earlier is missing or was changed on disk.",
        advice: "Every section is checked against the hash it was received with each time it is \
                 read. Restore the hub's folder from a backup, or ask the custodian to send the \
                 package again with a higher sequence number. `kinfold-hub doctor --hub DIR` \
                 lists every damaged section.",
    },
    Explanation {
        code: "E-HUB-DATABASE",
        meaning: "The hub's database could not be read or written.",
        advice: "Another program may hold the database, or the disk may be full or read-only. \
                 Nothing was half-written: each step is one transaction. Run `kinfold-hub \
                 doctor --hub DIR` to check the folder.",
    },
    Explanation {
        code: "E-HUB-EXISTS",
        meaning: "The folder for a new hub is not empty.",
        advice: "A hub serves one agreement and is never overwritten. Choose an empty folder, \
                 or remove the old hub yourself when its retention has ended.",
    },
    Explanation {
        code: "E-HUB-LEDGER",
        meaning: "The ledger file and the hub's database do not tell the same story.",
        advice: "Every step is written to the database and, from there, to the ledger file. \
                 When the file holds an entry that the database does not, or another one, \
                 somebody changed one of them. Restore the hub's folder from a backup.",
    },
    Explanation {
        code: "E-HUB-MISSING",
        meaning: "The folder holds no hub.",
        advice: "Make one with `kinfold-hub init DIR --agreement agreement.toml`, or check the \
                 path after `--hub`.",
    },
    Explanation {
        code: "E-HUB-NEWER",
        meaning: "The hub's database was written by a newer version of kinfold-hub.",
        advice: "An older program could misread it. Use the newer version, or restore a backup \
                 made before the upgrade.",
    },
    Explanation {
        code: "E-HUB-TERMS",
        meaning: "The linkage schema or the rule pack is not the one that the agreement names.",
        advice: "The agreement names both by hash, so that all parties use the same text. Give \
                 the agreed file when making the hub; if the hub's own copy was edited, restore \
                 it.",
    },
    Explanation {
        code: "E-INGEST-KEY",
        meaning: "A custodian's key was given to open packages.",
        advice: "Records are sealed to the linkage unit and events to the integrator. A \
                 custodian's key never leaves its custodian: if it is on this machine, delete \
                 it and tell the custodian to make a new one.",
    },
    Explanation {
        code: "E-INGEST-PACKAGE",
        meaning: "A package contradicts itself although its signature is right.",
        advice: "The manifest and the tables do not say the same, so the program that made the \
                 package has a mistake. Ask the custodian to make it again with the current \
                 version of kinfold.",
    },
    Explanation {
        code: "E-INSPECT-KIND",
        meaning: "The file is nothing that kinfold knows.",
        advice: "kinfold knows sealed packages, agreements, public and secret keys, mappings, \
                 linkage schemas, rule packs, encoded tables and delimited text.",
    },
    Explanation {
        code: "E-KEY-CHECK",
        meaning: "Two custodians encoded with different project keys.",
        advice: "Codes made with different keys never link, and nothing would tell you later. The \
                 custodians compare the fingerprints of their project keys; the one that differs \
                 takes the right key and encodes again with a higher sequence number. If the wrong \
                 package came first and keeps the right ones out, `kinfold-hub withdraw` takes it out \
                 of use.",
    },
    Explanation {
        code: "E-KEY-CONTACTS",
        meaning: "The file of contacts cannot be read.",
        advice: "It holds one `[[contact]]` table for each service, with `service` (a short id), \
                 `name`, and `phone` or `email`. The message names the line.",
    },
    Explanation {
        code: "E-KEY-EXISTS",
        meaning: "A key file is already there.",
        advice: "A key that is overwritten cannot be brought back, and packages sealed to it could \
                 never be opened, so no command overwrites one. Choose another name, or move the old \
                 key to a safe place first.",
    },
    Explanation {
        code: "E-KEY-FORMAT",
        meaning: "A key file does not follow its format.",
        advice: "The message names the line and never the content. The file was edited, cut or is no \
                 key file. Restore it from its backup; if there is none, make a new key and let the \
                 parties sign an agreement with its public part.",
    },
    Explanation {
        code: "E-KEY-KIND",
        meaning: "A party's key was given where a project key is needed, or the other way round.",
        advice: "Each party has a key of its own, and the custodians share one more for the project. \
                 Give the first with `--key` and the second with `--project-key`. Neither file is \
                 damaged.",
    },
    Explanation {
        code: "E-KEY-PARTY",
        meaning: "The key is not the one that the agreement lists for the party.",
        advice: "The id is right but the role or a public key differs, for instance after a new key \
                 was made. Use the key whose public part is in the agreement, or draft the agreement \
                 again.",
    },
    Explanation {
        code: "E-KEY-PERMISSIONS",
        meaning: "A key file can be read by other accounts of the machine.",
        advice: "A key must be readable by its owner alone (mode 0600). Run `chmod 600 FILE`. If \
                 another person may have copied it, make a new key: changed permissions do not bring \
                 a secret back.",
    },
    Explanation {
        code: "E-KEY-PROJECT",
        meaning: "The project key belongs to another project or epoch.",
        advice: "Each project and epoch has its own key, so that codes of two projects can never be \
                 joined. Use the project key that was made for the agreement's project and epoch.",
    },
    Explanation {
        code: "E-KEY-RANDOM",
        meaning: "The operating system gave no random bytes.",
        advice: "A key from anything but good randomness could be guessed, so none is made. This \
                 happens on very restricted or newly started machines; try again or use another \
                 machine.",
    },
    Explanation {
        code: "E-KEY-ROLE",
        meaning: "A party's role does not allow this.",
        advice: "The project key belongs to custodians alone: with it, the linkage unit could look up \
                 anyone. Records go to the linkage unit and events to the integrator. Use the key of \
                 the role that this step is for.",
    },
    Explanation {
        code: "E-KEY-TEST",
        meaning: "A key made from a seed was used outside a test agreement.",
        advice: "Anyone who knows the seed has the key. Such keys are for rehearsals under an \
                 agreement with `test = true`. For real records make the key without `--danger-seed`.",
    },
    Explanation {
        code: "E-LINK-CODES",
        meaning: "A file that was given to `link` does not hold codes of a bench, or is damaged.",
        advice: "`kinfold-hub link FILE …` links files that `kinfold encode --key-file K TABLE.csv -o \
                 FILE` made; each carries its linkage schema and is marked as not for release. \
                 Packages of custodians are another thing: `kinfold-hub ingest` opens them, and \
                 `link --hub` links them.",
    },
    Explanation {
        code: "E-LINK-DATE",
        meaning: "The reference date is far from what the packages tell about.",
        advice: "Needs are decided for the reference date, from data of the packages' periods. More \
                 than three months before or after them every state would be wrong: too early, and \
                 events lie in the future; too late, and nothing counts as current. Check the date, or \
                 ask the custodians for newer packages.",
    },
    Explanation {
        code: "E-LINK-DECISIONS",
        meaning: "A line of the reviewers' decisions cannot be read.",
        advice: "The file has one JSON object a line: `left` and `right`, each with `source` and \
                 `record_ref` as in people.parquet, and `judgement`, which is `same-person` or \
                 `different-people`. Lines are only added; the last one about two records counts.",
    },
    Explanation {
        code: "E-LINK-DOUBT",
        meaning: "A run of `link` doubts its own figures.",
        advice: "The links are made and the files are written; a warning of `--json` says \
                 why the expected precision and recall should not be relied on, and what \
                 to do. The same line stands on the screen, and `doubts` of the model in \
                 run.json names the reason.",
    },
    Explanation {
        code: "E-LINK-EMPTY",
        meaning: "There are no records to link.",
        advice: "Ingest the custodians' packages first; `kinfold-hub packages --hub DIR` shows \
                 what was received and what is awaited.",
    },
    Explanation {
        code: "E-LINK-KEY",
        meaning: "Two files of codes were encoded with different keys.",
        advice: "Codes of one person under two keys have nothing in common, so linking them would find \
                 nobody. Encode all tables again with the bytes of one `--key-file`.",
    },
    Explanation {
        code: "E-LINK-OUTPUT",
        meaning: "The folder for the files is the hub's folder, inside it or around it, or holds a run.",
        advice: "The hub's folder holds what was received and is never handed on; the files of a run \
                 are. And a bench over open data is not written among the files of a run over \
                 packages. Choose another folder with `-o`, for instance one beside the hub.",
    },
    Explanation {
        code: "E-LINK-PREVIOUS",
        meaning: "The folder given as the run before holds no complete run.",
        advice: "References of people and households are carried over from people.parquet, \
                 households.parquet and lineage.parquet beside a run.json. Name the folder that the \
                 earlier `kinfold-hub link -o` wrote, unchanged.",
    },
    Explanation {
        code: "E-LINK-SCHEMA",
        meaning: "Two files of codes were encoded with different linkage schemas.",
        advice: "Codes can be compared only when all tables were encoded with the same text of the \
                 same linkage schema, down to the last comment. The message names the two. Encode \
                 all tables again with one `--schema`, and the same key.",
    },
    Explanation {
        code: "E-LINK-SOURCE",
        meaning: "Two files of codes are one source, or one was not encoded for the other.",
        advice: "A file's name without its ending is its source, so two files may not have the same \
                 one, and the same table may not be given twice under two names. Where every two \
                 sources have keys of their own, each table is encoded with `--sources OWN OTHER …`.",
    },
    Explanation {
        code: "E-LOG-BUSY",
        meaning: "Another process is writing the ledger.",
        advice: "A ledger has one writer at a time, so that its lines have one order. Wait until the \
                 other command has finished. Reading and checking are possible meanwhile.",
    },
    Explanation {
        code: "E-LOG-CHECKPOINT",
        meaning: "A signed checkpoint or its key does not follow the C2SP format.",
        advice: "The format is exact to the byte: three lines, an empty line, signature lines that \
                 begin with an em dash. Copying through e-mail text often breaks it. Ask for the file \
                 itself.",
    },
    Explanation {
        code: "E-LOG-FORK",
        meaning: "A ledger is not a continuation of a checkpoint that was signed earlier.",
        advice: "Entries that were once in the ledger were changed, removed or reordered. Keep both \
                 files as they are, tell every party, and compare the checkpoints that the others \
                 have saved: together they show when the history changed.",
    },
    Explanation {
        code: "E-LOG-FORMAT",
        meaning: "A line of the ledger is not as it was written.",
        advice: "Every line is one canonical JSON value. The message names the first line that is \
                 not. Restore the ledger from its backup and check the backup against your last \
                 checkpoint.",
    },
    Explanation {
        code: "E-LOG-PROOF",
        meaning: "An inclusion or consistency proof does not hold.",
        advice: "The proof does not lead from the entry or the old root to the root that was signed. \
                 Ask for it again; if a fresh proof fails too, the ledger was changed.",
    },
    Explanation {
        code: "E-LOG-SIGNATURE",
        meaning: "There is no valid signature of the expected key on a checkpoint.",
        advice: "The checkpoint was changed, or somebody else signed it. Do not trust it. Compare the \
                 key's fingerprint with its owner by telephone.",
    },
    Explanation {
        code: "E-LOG-SIZE",
        meaning: "An entry or a size was asked for that the ledger does not have.",
        advice: "Entries are numbered from 0. A proof of consistency needs an old size that is not \
                 larger than the new one.",
    },
    Explanation {
        code: "E-MATCH-BUSY",
        meaning: "Another comparison is writing the same file.",
        advice: "While `match` runs it keeps what is finished in a folder beside the output, \
                 NAME.part, and holds a lock there. Two runs cannot write one file: wait for \
                 the other, or choose another name with `-o`.",
    },
    Explanation {
        code: "E-MATCH-CHANGED",
        meaning: "An input of `match` was changed while it was read.",
        advice: "Inputs are read where they lie on the disk and not copied first, so a change \
                 in the middle of a run could mix two contents. Nothing was written. Run the \
                 command again when nothing else writes the file.",
    },
    Explanation {
        code: "E-MATCH-FILE",
        meaning: "A file of encodings could not be read.",
        advice: "`match` reads clkhash JSON ({\"clks\": [base64, ...]}), the filters of an \
                 Arrow IPC file (columns `filter_...`; `--filter` chooses one), or raw filters \
                 in a .bin file together with `--bits`. All filters of both files have the same \
                 length.",
    },
    Explanation {
        code: "E-MATCH-INTERRUPTED",
        meaning: "The comparison was interrupted with Ctrl-C.",
        advice: "No output file was written. A run of more than a minute (`--keep-after`) \
                 leaves its finished parts in a folder beside the output, NAME.part: the same \
                 command with `--resume` continues there and gives the same bytes as a run \
                 without interruption. Remove the folder if you do not want to continue.",
    },
    Explanation {
        code: "E-MATCH-RESUME",
        meaning: "The finished parts are of another comparison.",
        advice: "`--resume` continues only what has the same inputs, settings and program \
                 version; the message names the first difference. Run the command as it was \
                 before, or remove the folder NAME.part beside the output and start from the \
                 beginning.",
    },
    Explanation {
        code: "E-MATCH-THRESHOLD",
        meaning: "The threshold is not a decimal from 0 to 1.",
        advice: "Thresholds are read as exact fractions, so 0.85 means 85 hundredths. At most \
                 nine places; no exponent and no comma.",
    },
    Explanation {
        code: "E-MATCH-UNFINISHED",
        meaning: "There are finished parts of an interrupted comparison.",
        advice: "An earlier run with this output did not come to its end; its finished parts \
                 are in the folder NAME.part beside the output. Add `--resume` to the same \
                 command to continue it, or remove the folder to start from the beginning.",
    },
    Explanation {
        code: "E-PKG-AGREEMENT",
        meaning: "A package was made under another agreement.",
        advice: "Every package carries the hash of the agreement's text. Sender and recipient hold \
                 different texts, perhaps an older version. Compare the fingerprints; the one with \
                 the older text makes the package again.",
    },
    Explanation {
        code: "E-PKG-CONTENT",
        meaning: "A package's content breaks the format although its seal is whole.",
        advice: "It is what its sender sealed, but manifest, lengths or hashes do not fit together. \
                 Ask the sender to make it again with the same release of kinfold; do not use it.",
    },
    Explanation {
        code: "E-PKG-DAMAGED",
        meaning: "A package was changed or cut short after it was sealed.",
        advice: "A single different bit is enough. Copy it again from the sender, as binary. If a \
                 fresh copy fails too, the sender seals it again.",
    },
    Explanation {
        code: "E-PKG-EVENTS",
        meaning: "Events say something that the agreement does not allow.",
        advice: "An event code that is not listed, a date more exact than agreed, a service that is \
                 not among the sender's contacts, or an event without its record. Correct the mapping \
                 and run again.",
    },
    Explanation {
        code: "E-PKG-EXPIRED",
        meaning: "A package is past its last day.",
        advice: "Old packages are not opened, so that nobody can bring an outdated picture of a \
                 family back. Ask the custodian for a fresh one.",
    },
    Explanation {
        code: "E-PKG-FORMAT",
        meaning: "A file is not a kinfold package.",
        advice: "It does not begin as an age file, or it opens and holds something else. Check that \
                 the right file was chosen and that it was copied as binary, not as text.",
    },
    Explanation {
        code: "E-PKG-HEADER",
        meaning: "A package's encryption header passes the limits.",
        advice: "Headers with thousands of entries are used to make the recipient's machine busy. \
                 They are refused before anything is computed. Ask the sender to seal the package \
                 again.",
    },
    Explanation {
        code: "E-PKG-LIMIT",
        meaning: "A package passes a limit of size, rows or sections.",
        advice: "More records than the agreement's people, more sections or more bytes than any real \
                 package. Check that the custodian sent the right extract; a larger population needs \
                 a new agreement and stronger codes.",
    },
    Explanation {
        code: "E-PKG-RECIPIENT",
        meaning: "A package was not sealed to this key.",
        advice: "Records are sealed to the linkage unit and events to the integrator. Use the key of \
                 the right party. If it is the right key, the package's header was damaged: copy it \
                 again.",
    },
    Explanation {
        code: "E-PKG-REPLAY",
        meaning: "A package repeats or precedes one that was accepted already.",
        advice: "Sequence numbers count up for each custodian, kind and period. The same or an older package \
                 is refused, so that an old state cannot be played back. Ask for the newest package.",
    },
    Explanation {
        code: "E-PKG-SCHEMA",
        meaning: "A package was encoded with another linkage schema than the agreement's.",
        advice: "Codes of different schemas cannot be compared. The custodian encodes again with the \
                 schema whose hash the agreement names.",
    },
    Explanation {
        code: "E-PKG-SENDER",
        meaning: "A package comes from a party that is no custodian.",
        advice: "Only custodians send records and events. Check which key signed the package.",
    },
    Explanation {
        code: "E-PKG-SIGNATURE",
        meaning: "The signature on a package is wrong.",
        advice: "The package says that it comes from a custodian, but that custodian's key did not \
                 sign it. Do not use it. Ask the custodian, by telephone, whether and with which key \
                 it sent the package.",
    },
    Explanation {
        code: "E-PKG-TABLE",
        meaning: "A table inside a package breaks its format.",
        advice: "A column is missing, has another type or length, or a row breaks a rule of the \
                 linkage schema. The custodian makes the package again with the release and the \
                 schema that the agreement names.",
    },
    Explanation {
        code: "E-PKG-TRUNCATED",
        meaning: "The end of a package is missing.",
        advice: "Copying was interrupted: the signed manifest announces more bytes than there are. \
                 Copy the package again.",
    },
    Explanation {
        code: "E-PKG-UNKNOWN",
        meaning: "The hub has no package of this custodian, kind, period and number.",
        advice: "A package is named by custodian, `records` or `events`, period and sequence number. \
                 `kinfold-hub packages --hub DIR` lists them all.",
    },
    Explanation {
        code: "E-PKG-VERSION",
        meaning: "A package has a format that this release does not read.",
        advice: "It was made with a later or earlier release of kinfold. Let sender and recipient use \
                 the same release.",
    },
    Explanation {
        code: "E-PKG-WITHDRAWN",
        meaning: "A package was withdrawn and is not used any more.",
        advice: "`kinfold-hub withdraw` took it out of use, for the reason that the message gives. \
                 A withdrawal is final and its sequence number stays taken: the custodian makes the \
                 package again with a higher `--sequence`.",
    },
    Explanation {
        code: "E-RELEASE-BLOCKED",
        meaning: "The release check does not allow the codes to leave.",
        advice: "An attack on the custodian's own codes named more people than the limit allows, or an \
                 attack did not succeed where it must, so that the check proves nothing, or only the \
                 quick form was run. Nothing is sealed, no recipient takes such a package, and no \
                 switch changes that. release.html says for each line what to do: raise the \
                 diffusion of the linkage schema, drop a key, release fewer filters, withhold \
                 people; then encode again. Under a test agreement it is a warning.",
    },
    Explanation {
        code: "E-RELEASE-CHANGED",
        meaning: "The people, the mapping or the program changed after the files were encoded.",
        advice: "`release-check` reads and encodes the people once more, and attacks the codes only if \
                 they are the ones that were encoded. Run `kinfold encode` again, then \
                 `kinfold release-check`.",
    },
    Explanation {
        code: "E-RELEASE-MISSING",
        meaning: "Nobody has tried to attack the codes before they leave.",
        advice: "Codes are sealed, and taken by the linkage unit, only with the report of a release \
                 check of these very codes. Run `kinfold release-check` on the encoded folder and \
                 seal it; `kinfold run` does everything in one go.",
    },
    Explanation {
        code: "E-RELEASE-QUICK",
        meaning: "Only the quick form of the release check was run.",
        advice: "The quick form takes seconds, attacks fewer people and leaves attacks out. It is enough \
                 under a test agreement, where everybody is made up, and allows no release of real \
                 records. Add `--full` to see what the full form says.",
    },
    Explanation {
        code: "E-RELEASE-REPORT",
        meaning: "The report of a release check was changed, or is of other codes.",
        advice: "The report is canonical JSON with the hash of the codes that it is of. Its verdict and \
                 bounds follow from its lines and counts, the custodian's own key marks it in the \
                 encoded folder, and the package's signature covers it. Something of this does not \
                 hold. The custodian runs `kinfold release-check` again and seals again.",
    },
    Explanation {
        code: "E-RELEASE-WARN",
        meaning: "Some lines of the release check are above half of their limit.",
        advice: "The package may leave. Read these lines in release.html first: each says what was \
                 reached, why it matters and what to do, such as withholding the people of the \
                 private list, or raising the diffusion before the file grows.",
    },
    Explanation {
        code: "E-REPORT-DATA",
        meaning: "The report could not be written, because its facts contradict each other.",
        advice: "Counts that must add up do not, or a household refers to somebody who is not in it. This is a fault of the program, not \
                 of your data: report it with the message, which holds no personal value. The Parquet outputs of the run are complete.",
    },
    Explanation {
        code: "E-RULES-CONTENT",
        meaning: "A rule pack is well formed and contradicts itself.",
        advice: "The message names the rule and its line: an unknown indicator or event code, an id used twice, a severity that is not 1, 2 \
                 or 3. Correct the pack, give it a new version, and list its new hash in the agreement.",
    },
    Explanation {
        code: "E-RULES-SYNTAX",
        meaning: "A rule pack is not the TOML text it should be.",
        advice: "The message names the line. Unknown keys are errors on purpose, because a misspelt key would silently change a rule; the \
                 comments in LOCAL7.toml describe every key.",
    },
    Explanation {
        code: "E-RUN-DIFFERS",
        meaning: "The same inputs gave other outputs than before.",
        advice: "A run is named by what went into it, and the same inputs must give the same \
                 bytes. The program was changed without a new version, or an output was edited \
                 while it was being written. The first run's manifest is in the hub's folder \
                 `runs`.",
    },
    Explanation {
        code: "E-RUN-FORMAT",
        meaning: "A run manifest does not follow its format.",
        advice: "`run.json` is canonical JSON: even an added space makes it another text with another \
                 hash. Use the file as it was written; if it is lost, run the step again, which gives \
                 the same bytes.",
    },
    Explanation {
        code: "E-SAMPLE-SIZE",
        meaning: "The number of households is outside what a sample can have.",
        advice: "The synthetic borough uses number ranges that are kept for tests, and those are \
                 finite. Choose a number in the range that the message names.",
    },
    Explanation {
        code: "E-SCHEMA-NAME",
        meaning: "No linkage schema of this name is shipped.",
        advice: "`kinfold schema show NAME` prints a shipped one: standard, high, trusted or \
                 partial. A schema in a file is read with `kinfold schema explain FILE`.",
    },
    Explanation {
        code: "E-SCHEMA-PEOPLE",
        meaning: "A filter is safe for fewer people than the linkage schema is meant for, on invented people.",
        advice: "The rule allows `people_max`; measured on invented people the filter's \
                 codes tell more than the rule assumes. `kinfold schema explain` shows \
                 both figures. Lower `people_max` or raise `diffusion`; the release check \
                 tests each file all the same.",
    },
    Explanation {
        code: "E-SCHEMA-RELEASE",
        meaning: "What a linkage schema makes must not be released.",
        advice: "The schema can be read and tried on open data (`--bench`), but its codes would \
                 tell too much: too little diffusion for the number of people, a filter of one \
                 kind of fact, a value that several records of a file may share. The message \
                 names each key and its mend. There is no switch that releases it all the same.",
    },
    Explanation {
        code: "E-SCHEMA-RULE",
        meaning: "A linkage schema breaks a rule.",
        advice: "The message names line, key, rule and mend of every fault at once. Rules keep \
                 the codes safe and comparable: sizes, fields, tokens, recipes, slots. The \
                 manual's page on the linkage schema explains each.",
    },
    Explanation {
        code: "E-SCHEMA-SHAPE",
        meaning: "A linkage schema is not written as it should be.",
        advice: "The message names the line, the key and the mend. Compare the line with a \
                 shipped schema (`kinfold schema show standard`), or have an editor check it \
                 with the JSON Schema that `kinfold schema show --json-schema` prints.",
    },
    Explanation {
        code: "E-SCHEMA-TRUST",
        meaning: "The linkage schema is for a linkage unit inside the custodians' own trust, and the agreement does not say so.",
        advice: "A schema with linkage_unit = \"inside\" lets filters leave that whoever holds \
                 a list of the population can read. All parties must have signed an agreement \
                 with `trusted_linkage_unit = true`. If the linkage unit is anybody else, use \
                 `standard` or `high`.",
    },
    Explanation {
        code: "E-SEAL-EXISTS",
        meaning: "Another package of this period was sealed into the folder with this or a later sequence number.",
        advice: "A number stands for one content: whoever has the first package could not tell it \
                 from the second, and the hub would refuse one of them. Seal with the next \
                 `--sequence`, or into another folder. check.json in the folder has the number and \
                 the hash of the content that was sealed.",
    },
    Explanation {
        code: "E-SEAL-FOLDER",
        meaning: "The folder does not hold what `kinfold encode` wrote.",
        advice: "The note in the folder has the hash of every table, and one of them differs or \
                 cannot be read. Nothing was sealed. Encode again into an empty folder.",
    },
    Explanation {
        code: "E-SEAL-TERMS",
        meaning: "The files were encoded under another agreement, linkage schema or key.",
        advice: "A package must say truly under which terms it was made. Encode again with the \
                 agreement and the keys that you want to seal with.",
    },
    Explanation {
        code: "E-SERVE-ADDRESS",
        meaning: "`serve` was asked to listen beyond this machine.",
        advice: "The report names households that work teams may know, so it is shown on the \
                 loopback address only. To show it to others, use an approved web server with \
                 sign-in.",
    },
    Explanation {
        code: "E-SERVE-PORT",
        meaning: "The address to serve the report on is taken.",
        advice: "Another program, perhaps another `kinfold-hub serve`, uses the port. Choose \
                 another with `--address 127.0.0.1:PORT`, or 0 for a free one.",
    },
    Explanation {
        code: "E-TABLE-READ",
        meaning: "A table could not be read, or lacks a column.",
        advice: "The message names the file and the columns that were looked for. The columns \
                 of every table that kinfold writes are in the README of the crate `store`.",
    },
    Explanation {
        code: "E-TABLE-WRITE",
        meaning: "A table could not be written.",
        advice: "Tables appear whole or not at all, so nothing half-written is left. Check the \
                 folder and the free space, and run the same command again.",
    },
    Explanation {
        code: "E-USAGE",
        meaning: "The command line is not one that the program knows.",
        advice: "Run the command with `--help` for its grammar: verb first, then files, then \
                 flags.",
    },
    Explanation {
        code: "E-USAGE-DATE",
        meaning: "A date on the command line cannot be read.",
        advice: "Dates on the command line are year, month and day: 2027-03-31.",
    },
];
