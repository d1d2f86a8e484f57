/* Cells as text: what Excel puts on the clipboard, and what people write for a value. */
window.hocba = window.hocba || {};

/* Rows of cells. A cell with a line break or a tab stands in quotes, as Excel writes. */
hocba.parseCells = (text) => {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  const end = () => {
    rows.at(-1).push(cell);
    cell = "";
  };
  for (let n = 0; n < text.length; n += 1) {
    const letter = text[n];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[n + 1] === '"') {
        cell += '"';
        n += 1;
      } else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === "\t") end();
    else if (letter === "\n") {
      end();
      rows.push([]);
    } else if (letter !== "\r") cell += letter;
  }
  end();
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows;
};

hocba.formatCells = (rows) => {
  const cell = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map(cell).join("\t")).join("\n");
};

const folded = (text) => text.trim().toLocaleLowerCase("vi").normalize("NFC");

/* A typed or pasted text as the value of a column: "hoàn thành tốt" is T, "x" is yes.
   What fits nothing stays as it is; the server says what is wrong with it. */
hocba.readValue = (column, text) => {
  // A comment is printed as one paragraph; only a list has lines.
  const plain = column.type === "lines" ? text.trim() : text.trim().replace(/\s+/g, " ");
  if (!column.choices || !plain) return plain;
  const wanted = folded(plain);
  const found = column.choices.find(([value, label, short]) => {
    const words = [value, label, short, label.split(" – ").at(-1)];
    return words.some((word) => folded(word) === wanted);
  });
  if (found) return found[0];
  if (column.type === "yes_no" && ["x", "v", "1", "có"].includes(wanted)) return "yes";
  if (column.type === "yes_no" && ["0", "-", "không"].includes(wanted)) return "no";
  return plain;
};

/* What stands in a cell: "T" for T, a result in words, a list in one line. */
hocba.showValue = (column, value) => {
  if (!value || !column.choices) return value.replaceAll("\n", " · ");
  return column.choices.find(([one]) => one === value)?.[2] ?? value;
};
