//! Names of characters that look like nothing, or like another character, for messages. Pure.

/// Returns the name of a character that cannot be seen, or cannot be told from a space; `None` for every other one.
pub fn invisible(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => "wide or narrow space",
        '\u{3000}' => "ideographic space",
        '\u{2800}' => "blank of Braille",
        '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}' => "filler of Hangul",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{2060}' => "word joiner",
        '\u{2061}'..='\u{2064}' => "invisible operator",
        '\u{feff}' => "byte order mark",
        '\u{ad}' => "soft hyphen",
        '\u{34f}' => "grapheme joiner",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "mark for the direction of text"
        }
        '\u{180e}' => "vowel separator of Mongolian",
        '\u{fe00}'..='\u{fe0f}' => "variation selector",
        '\u{fff9}'..='\u{fffb}' => "annotation mark",
        '\u{fffc}' => "object replacement character",
        '\u{e0000}'..='\u{e007f}' => "tag character",
        '\u{85}' => "next-line character",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => "control character",
        _ => return None,
    })
}

/// Returns the name of a character that word processors and input methods write in place of one of ASCII, and that one.
pub fn look_alike(c: char) -> Option<(&'static str, char)> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2039}' | '\u{203a}' | '\u{2032}' => {
            ("curly quote", '\'')
        }
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => ("curly quote", '"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => ("dash", '-'),
        '\u{ff01}'..='\u{ff5e}' => ("full-width character", char::from_u32(c as u32 - 0xfee0)?),
        '\u{3001}' => ("ideographic comma", ','),
        '\u{3002}' => ("ideographic full stop", '.'),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_letters_have_no_name() {
        for c in ('\u{20}'..='\u{7e}').chain(['\n', '\r', '\t', 'ä', 'é', '中', 'я', '…', '•', '€']) {
            assert!(invisible(c).is_none() && look_alike(c).is_none(), "{c}");
        }
    }

    #[test]
    fn look_alikes_name_the_character_of_ascii() {
        for (c, ascii) in
            [('：', ':'), ('，', ','), ('－', '-'), ('［', '['), ('“', '"'), ('’', '\''), ('–', '-'), ('−', '-')]
        {
            assert_eq!(look_alike(c).map(|(_, ascii)| ascii), Some(ascii), "{c}");
            assert_eq!(invisible(c), None);
        }
    }
}
