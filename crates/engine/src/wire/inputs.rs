//! Takes a file apart into events, for a replay.
//!
//! Understands one JSON document, any number of them one after another (JSON lines), an array of events, and what holds
//! events as message bodies: a Lambda's SQS batch (`{"Records":[{"body":"…"}]}`) and what `aws sqs receive-message` prints
//! (`{"Messages":[{"Body":"…"}]}`). Must not read an event: it finds where one ends and bounds it. Of the file, no more
//! than one event is held at a time.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufRead};

use super::EVENT_BYTES_MAX;
use super::json::{self, Fields, Scan};
use super::rejection::Rejection;

/// The largest message of a batch: a body of [`EVENT_BYTES_MAX`] in which every other character is escaped, its attributes
/// and their names.
const MESSAGE_BYTES_MAX: usize = 3 * EVENT_BYTES_MAX;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Where an event begins. Displays as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub file: String,
    /// Counted from 1.
    pub line: u64,
}

/// One event as it stands in the file, of at most [`EVENT_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub position: Position,
    pub bytes: Vec<u8>,
}

/// A part of a file that is no event. The parts after it are read all the same, unless the file cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error("{position}: {reason}")]
pub struct BrokenInput {
    pub position: Position,
    pub reason: BrokenReason,
}

#[derive(Debug, thiserror::Error)]
pub enum BrokenReason {
    #[error("the event is larger than {EVENT_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the event breaks off: expected a JSON object that ends")]
    BreaksOff,
    #[error("this is no event: expected a JSON object")]
    NoObject,
    #[error("the message around the event is refused: {0}")]
    Message(Rejection),
    #[error("failed to read the file: {0}")]
    Read(io::Error),
}

/// The events of one file, in order.
#[derive(Debug)]
pub struct Inputs<R> {
    reader: R,
    file: String,
    line: u64,
    place: Place,
}

/// What surrounds the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// Between documents.
    Top,
    /// In an array of events.
    Events,
    /// In the array of messages of a batch.
    Messages,
    End,
}

/// How the collection of one value ended.
enum Collected {
    Value(Vec<u8>),
    /// The value opened a batch: its messages follow.
    Batch,
    Broken(BrokenReason),
}

impl<R: BufRead> Inputs<R> {
    /// `file` is how positions name what `reader` reads.
    pub fn new(file: impl Into<String>, reader: R) -> Self {
        Self {
            reader,
            file: file.into(),
            line: 1,
            place: Place::Start,
        }
    }

    fn read_next(&mut self) -> io::Result<Option<Result<Input, BrokenInput>>> {
        if self.place == Place::Start {
            self.skip_byte_order_mark()?;
            self.place = Place::Top;
        }
        loop {
            let Some(byte) = self.skip_to_value()? else {
                return Ok(self.end());
            };
            let line = self.line;
            match (self.place, byte) {
                (Place::Top, b'[') => {
                    self.take()?;
                    self.place = Place::Events;
                }
                (Place::Events | Place::Messages, b']') => self.leave_array()?,
                (_, b'{') => match self.collect()? {
                    Collected::Batch => self.place = Place::Messages,
                    Collected::Value(bytes) => return Ok(Some(self.finish(line, bytes))),
                    Collected::Broken(reason) => return Ok(Some(Err(self.broken(line, reason)))),
                },
                _ => {
                    self.skip_no_object()?;
                    return Ok(Some(Err(self.broken(line, BrokenReason::NoObject))));
                }
            }
        }
    }

    /// The end of the file. One inside of an array is a file that breaks off.
    fn end(&mut self) -> Option<Result<Input, BrokenInput>> {
        let is_broken = matches!(self.place, Place::Events | Place::Messages);
        self.place = Place::End;
        is_broken.then(|| Err(self.broken(self.line, BrokenReason::BreaksOff)))
    }

    fn finish(&self, line: u64, bytes: Vec<u8>) -> Result<Input, BrokenInput> {
        let bytes = if self.place == Place::Messages {
            unwrap_body(bytes).map_err(|reason| self.broken(line, reason))?
        } else {
            bytes
        };
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(self.broken(line, BrokenReason::TooLarge));
        }
        Ok(Input {
            position: self.position(line),
            bytes,
        })
    }

    /// Takes an object from its opening bracket to the closing one, or to where it turns out to be none.
    ///
    /// Between documents, a line that begins with `{` begins a new one even if the one before has not ended: that is how
    /// JSON lines go on after a line that was cut off. Documents of several lines have their inner brackets indented.
    fn collect(&mut self) -> io::Result<Collected> {
        let bytes_max = match self.place {
            Place::Messages => MESSAGE_BYTES_MAX,
            _ => EVENT_BYTES_MAX,
        };
        let mut scan = Scan::default();
        let mut bytes = Vec::new();
        let mut is_too_large = false;
        let mut is_broken = false;
        let mut is_at_line_start = false;
        loop {
            let Some(byte) = self.peek()? else {
                return Ok(Collected::Broken(BrokenReason::BreaksOff));
            };
            if is_at_line_start && byte == b'{' && self.place == Place::Top {
                return Ok(Collected::Broken(BrokenReason::BreaksOff));
            }
            self.take()?;
            is_at_line_start = byte == b'\n';
            if is_at_line_start && scan.is_in_string {
                // A JSON string has no line breaks, so the quote that should close it is missing. It is taken as closed,
                // or all that follows would be read inside out.
                scan.is_in_string = false;
                is_broken = true;
            }
            scan.step(byte);
            is_too_large = is_too_large || bytes.len() == bytes_max;
            if !is_too_large {
                bytes.push(byte);
            }
            if self.place == Place::Top && scan.depth == 2 && opens_batch(&bytes) {
                return Ok(Collected::Batch);
            }
            if scan.depth == 0 {
                break;
            }
        }
        Ok(match (is_too_large, is_broken) {
            (true, _) => Collected::Broken(BrokenReason::TooLarge),
            (_, true) => Collected::Broken(BrokenReason::BreaksOff),
            _ => Collected::Value(bytes),
        })
    }

    /// Behind the last element of an array. Around a batch's messages an object is open, the rest of which holds no events.
    fn leave_array(&mut self) -> io::Result<()> {
        self.take()?;
        let was_batch = self.place == Place::Messages;
        self.place = Place::Top;
        if was_batch {
            self.skip_rest_of_object()?;
        }
        Ok(())
    }

    fn skip_rest_of_object(&mut self) -> io::Result<()> {
        let mut scan = Scan::within(1);
        while scan.depth > 0 {
            let Some(byte) = self.take()? else {
                return Ok(());
            };
            scan.step(byte);
        }
        Ok(())
    }

    /// Skips what should have been an object: between documents the rest of the line, in an array one element. One that
    /// does not end on its line does not swallow the events on the lines after it.
    fn skip_no_object(&mut self) -> io::Result<()> {
        let mut scan = Scan::default();
        let mut is_at_line_start = false;
        while let Some(byte) = self.peek()? {
            if is_at_line_start && byte == b'{' {
                break;
            }
            is_at_line_start = byte == b'\n';
            let is_end = match self.place {
                Place::Top => byte == b'\n',
                _ => !scan.is_in_string && scan.depth == 0 && matches!(byte, b',' | b']'),
            };
            if is_end {
                break;
            }
            scan.is_in_string = scan.is_in_string && byte != b'\n';
            scan.step(byte);
            self.take()?;
        }
        Ok(())
    }

    /// Skips whitespace, and in an array the commas, up to the next byte that counts.
    fn skip_to_value(&mut self) -> io::Result<Option<u8>> {
        let is_array = self.place != Place::Top;
        while let Some(byte) = self.peek()? {
            let is_between = byte.is_ascii_whitespace() || (is_array && byte == b',');
            if !is_between {
                return Ok(Some(byte));
            }
            self.take()?;
        }
        Ok(None)
    }

    fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        if self.fill()?.starts_with(BYTE_ORDER_MARK) {
            self.reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok(())
    }

    fn take(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.reader.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.fill()?.first().copied())
    }

    /// What the reader has at hand; empty at the end of the file. A signal is no error.
    fn fill(&mut self) -> io::Result<&[u8]> {
        while let Err(error) = self.reader.fill_buf() {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.reader.fill_buf()
    }

    fn broken(&self, line: u64, reason: BrokenReason) -> BrokenInput {
        BrokenInput {
            position: self.position(line),
            reason,
        }
    }

    fn position(&self, line: u64) -> Position {
        Position {
            file: self.file.clone(),
            line,
        }
    }
}

impl<R: BufRead> Iterator for Inputs<R> {
    type Item = Result<Input, BrokenInput>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place == Place::End {
            return None;
        }
        self.read_next().unwrap_or_else(|error| {
            self.place = Place::End;
            Some(Err(self.broken(self.line, BrokenReason::Read(error))))
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}

/// Whether an object that has been taken up to its first inner bracket is a batch: `{"Records":[` or `{"Messages":[`.
fn opens_batch(bytes: &[u8]) -> bool {
    const LONGEST: usize = 256;
    if bytes.len() > LONGEST || bytes.last() != Some(&b'[') {
        return false;
    }
    let packed: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    matches!(packed.as_slice(), b"{\"Records\":[" | b"{\"Messages\":[")
}

/// The body of a message; a record without one is taken for the event itself.
fn unwrap_body(message: Vec<u8>) -> Result<Vec<u8>, BrokenReason> {
    let document = json::parse_up_to(&message, MESSAGE_BYTES_MAX).map_err(BrokenReason::Message)?;
    let fields = Fields::of_document(&document).map_err(BrokenReason::Message)?;
    for key in ["body", "Body"] {
        let body = fields
            .optional_text(key, "an event as a string")
            .map_err(BrokenReason::Message)?;
        if let Some(body) = body {
            return Ok(body.as_bytes().to_vec());
        }
    }
    Ok(message)
}
