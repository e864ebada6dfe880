/**
 * Character references. All 2,125 names of HTML would double the library: this table holds HTML 4's,
 * Latin Extended-A, and common signs. Other names stay text.
 */

// Each name's code point is one more than that of the name before it, or the number before it more.
const NAMES =
  "9Tab NewLine 23excl quot num dollar percnt amp apos lpar rpar ast plus comma 2period sol " +
  "11colon semi lt equals gt quest commat 27lbrack bsol rbrack Hat lowbar grave 27lbrace vert " +
  "rbrace 35nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr " +
  "deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 " +
  "iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave " +
  "Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute " +
  "Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave " +
  "eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide " +
  "oslash ugrave uacute ucirc uuml yacute thorn yuml Amacr amacr Abreve abreve Aogon aogon " +
  "Cacute cacute Ccirc ccirc Cdot cdot Ccaron ccaron Dcaron dcaron Dstrok dstrok Emacr emacr " +
  "3Edot edot Eogon eogon Ecaron ecaron Gcirc gcirc Gbreve gbreve Gdot gdot Gcedil 2Hcirc hcirc " +
  "Hstrok hstrok Itilde itilde Imacr imacr 3Iogon iogon Idot imath IJlig ijlig Jcirc jcirc " +
  "Kcedil kcedil kgreen Lacute lacute Lcedil lcedil Lcaron lcaron Lmidot lmidot Lstrok lstrok " +
  "Nacute nacute Ncedil ncedil Ncaron ncaron napos ENG eng Omacr omacr 3Odblac odblac OElig " +
  "oelig Racute racute Rcedil rcedil Rcaron rcaron Sacute sacute Scirc scirc Scedil scedil " +
  "Scaron scaron Tcedil tcedil Tcaron tcaron Tstrok tstrok Utilde utilde Umacr umacr Ubreve " +
  "ubreve Uring uring Udblac udblac Uogon uogon Wcirc wcirc Ycirc ycirc Yuml Zacute zacute Zdot " +
  "zdot Zcaron zcaron 20fnof 308circ 22tilde 181Alpha Beta Gamma Delta Epsilon Zeta Eta Theta " +
  "Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho 2Sigma Tau Upsilon Phi Chi Psi Omega 8alpha beta " +
  "gamma delta epsi 0epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf " +
  "sigma tau upsilon phi chi psi omega 8thetasym upsih 3varphi piv 31varepsilon 7181ensp emsp " +
  "emsp13 emsp14 2numsp puncsp thinsp hairsp ZeroWidthSpace zwnj zwj lrm rlm dash 0hyphen " +
  "3ndash mdash 4lsquo rsquo sbquo 2ldquo rdquo bdquo 2dagger Dagger bull 0bullet 4hellip " +
  "10permil 2prime Prime 6lsaquo rsaquo 4oline 6frasl 28NoBreak 76euro 86Copf 9HilbertSpace " +
  "4hbar 2image 2ell 2Nopf 3weierp 2Qopf 2real Ropf 5trade 2Zopf 17alefsym 17DifferentialD " +
  "74larr 0leftarrow uarr rarr 0rightarrow darr harr 18mapsto 15crarr 27Leftarrow 0lArr uArr " +
  "Rightarrow 0rArr dArr hArr 0iff 44forall 2part exist nexist empty 2nabla isin notin 2ni " +
  "4prod 2sum minus 4setminus lowast 3radic 3prop infin 2ang 5parallel 2and or cap cup int " +
  "3oint 4ClockwiseContourIntegral 2there4 8sim 9cong 3approx 0asymp 24ne equiv 3le 0leq ge " +
  "0geq 5ll gg 23sub sup nsub 2sube supe 14oplus ominus otimes 11vdash 2top bot 0perp 2models " +
  "30sdot 41vellip ctdot 25lceil rceil lfloor rfloor 11target 490boxh 161square 9blacksquare " +
  "32loz 59starf star 8phone 50female 2male 30spades 3clubs 2hearts diams 7flat natural sharp " +
  "164check 0checkmark 4cross 209lang 0langle rang 0rangle";

/** Names that stand for two code points. */
const PAIRS: Record<string, string> = { ngE: "\u2267\u0338" };

/** A character reference, as a part of patterns. */
export const ENTITY = /&(?:#[xX][0-9a-fA-F]{1,6}|#\d{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});/;

let table: Map<string, string> | null = null;

function names(): Map<string, string> {
  const map = new Map(Object.entries(PAIRS));
  let code = 0;
  for (const entry of NAMES.split(" ")) {
    const gap = /^\d+/.exec(entry)?.[0] ?? "";
    code += gap ? Number(gap) : 1;
    map.set(entry.slice(gap.length), String.fromCodePoint(code));
  }
  return map;
}

/** What `reference` (with its `&` and `;`) stands for, null if that is unknown. */
export function decodeEntity(reference: string): string | null {
  if (reference[1] !== "#") {
    table ??= names();
    return table.get(reference.slice(1, -1)) ?? null;
  }
  const hex = /x/i.test(reference[2] ?? "");
  const code = Number.parseInt(reference.slice(hex ? 3 : 2, -1), hex ? 16 : 10);
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return String.fromCodePoint(valid ? code : 0xfffd);
}
