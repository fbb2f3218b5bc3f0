//! Looking addresses up, one by one and in bulk.

use super::TableHandle;
use super::entry::MISS;
use super::fib::{self, Addrs, COMPACT, Fib, Start};
use super::intervals;
use super::simd::{self, Work};
use crate::addr::Addr;

/// The tables of an arena, for looking up: what the writer's [`Lpm::view`](super::Lpm::view) and every
/// [`Reader`](super::Reader) give, for as long as they do.
#[derive(Debug)]
pub struct Lookup<'m> {
    pub(super) fib: Fib<'m>,
}

/// How addresses lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ByteOrder {
    /// As numbers of the host.
    #[default]
    Host,
    /// As in packets.
    Network,
}

impl Lookup<'_> {
    /// The value of the longest prefix that holds an address. At most four nodes are visited.
    #[inline]
    pub fn find(&self, table: TableHandle, addr: Addr) -> Option<u32> {
        match simd::find(&self.fib, table, addr) {
            MISS => None,
            value => Some(value),
        }
    }

    /// A table as it begins now, for a burst of lookups. It cannot be used any more once something is
    /// changed, or the reader has announced that it looks at nothing. In a table with a root of 16 bits it
    /// is made for lookups that do not wait for each other; one that waits for the answer before is faster
    /// by [`Lookup::find`].
    ///
    /// ```compile_fail,E0502
    /// # use sekisho::{addr::{Addr, Prefix}, lpm::{Lpm, TableHandle}};
    /// fn stale(lpm: &mut Lpm<'_>, table: TableHandle) -> Option<u32> {
    ///     let view = lpm.view();
    ///     let pinned = view.pin(table);
    ///     lpm.remove(table, Prefix::DEFAULT).unwrap();
    ///     pinned.find(Addr(0))
    /// }
    /// ```
    ///
    /// ```compile_fail,E0502
    /// # use sekisho::{addr::Addr, lpm::{Reader, TableHandle}};
    /// fn stale(reader: &mut Reader<'_>, table: TableHandle) -> Option<u32> {
    ///     let pinned = reader.pin(table);
    ///     reader.quiescent();
    ///     pinned.find(Addr(0))
    /// }
    /// ```
    #[inline]
    pub fn pin(&self, table: TableHandle) -> Pinned<'_> {
        let (mem, start) = (self.fib.mem, self.fib.start(self.fib.word(table)));
        let slots = match start {
            Start::Root(root, 16) if !COMPACT => mem.chunk(root),
            _ => None,
        };
        Pinned { mem, start, slots }
    }

    /// Looks many addresses up in one table: a value each, [`MISS`] where no route matches. As many as
    /// the shorter slice has.
    pub fn find_bulk(&self, table: TableHandle, addrs: &[u32], order: ByteOrder, out: &mut [u32]) {
        self.find_bulk_by(Kernel::best(), table, addrs, order, out);
    }

    /// As [`Lookup::find_bulk`], by a kernel of one's own choice; one that this processor lacks is
    /// replaced by the portable one.
    pub fn find_bulk_by(
        &self,
        kernel: Kernel,
        table: TableHandle,
        addrs: &[u32],
        order: ByteOrder,
        out: &mut [u32],
    ) {
        // Shorter slices, once and for all.
        let most = addrs.len().min(out.len());
        let (Some(words), Some(out)) = (addrs.get(..most), out.get_mut(..most)) else { return };
        let addrs = Addrs { words, network: order == ByteOrder::Network };
        let mem = self.fib.mem;
        let entry = self.fib.word(table);
        if COMPACT {
            for (addr, out) in addrs.iter().zip(out) {
                *out = self.fib.find_compact(entry, addr);
            }
            return;
        }
        let start = self.fib.start(entry);
        let ends;
        let work = match start {
            Start::Answer(answer) => return out.fill(answer),
            Start::Node(node) => Work::Node(node),
            Start::Intervals(at) => {
                ends = intervals::Ends::read(mem, at);
                Work::Intervals(ends.get(), ends.answers)
            }
            Start::Root(root, shift) => Work::Root(root, shift),
        };
        if !simd::bulk(kernel, mem.0, &work, addrs, out) {
            work.portable(mem, addrs, out);
        }
    }

    /// Looks addresses up, each in a table of its own. As many as the shortest slice has.
    pub fn find_mixed(&self, tables: &[TableHandle], addrs: &[u32], out: &mut [u32]) {
        self.find_mixed_by(Kernel::best(), tables, addrs, out);
    }

    /// As [`Lookup::find_mixed`], by a kernel of one's own choice; one that this processor lacks is
    /// replaced by the portable one.
    pub fn find_mixed_by(
        &self,
        kernel: Kernel,
        tables: &[TableHandle],
        addrs: &[u32],
        out: &mut [u32],
    ) {
        let most = tables.len().min(addrs.len()).min(out.len());
        let (Some(tables), Some(addrs), Some(out)) =
            (tables.get(..most), addrs.get(..most), out.get_mut(..most))
        else {
            return;
        };
        if !simd::mixed(kernel, &self.fib, tables, addrs, out) {
            self.fib.mixed(tables, addrs, out);
        }
    }
}

/// Says which of the values that a lookup in bulk has given are some: a bit each from the lowest, 32 a
/// word; and writes `miss` where there is [`MISS`]. Gives how many there are. As many values as there are
/// bits for.
pub fn hits(values: &mut [u32], miss: u32, bits: &mut [u32]) -> usize {
    let mut hits = 0;
    for (values, bits) in values.chunks_mut(32).zip(bits) {
        *bits = 0;
        for (place, value) in values.iter_mut().enumerate() {
            if *value == MISS {
                *value = miss;
            } else {
                *bits |= 1 << place;
                hits += 1;
            }
        }
    }
    hits
}

/// The code that looks up in bulk. All give the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Kernel {
    /// For every processor.
    Portable,
    /// The portable code, compiled for x86-64 with POPCNT, BMI1, BMI2 and LZCNT.
    Scalar,
    /// Eight at once, for x86-64 with AVX2 and what `Scalar` needs.
    Avx2,
    /// Sixteen at once, for x86-64 with AVX-512 (F, DQ, BW, VL, VBMI2, VNNI, VPOPCNTDQ).
    Avx512,
    /// Four at once, for AArch64.
    Neon,
}

impl Kernel {
    const ALL: [Kernel; 5] =
        [Kernel::Portable, Kernel::Scalar, Kernel::Avx2, Kernel::Avx512, Kernel::Neon];

    /// Whether this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Kernel::Portable => true,
            #[cfg(all(target_arch = "x86_64", not(loom)))]
            Kernel::Scalar => simd::x86::has_bits(),
            #[cfg(all(target_arch = "x86_64", not(loom)))]
            Kernel::Avx2 => simd::x86::has_avx2(),
            #[cfg(all(target_arch = "x86_64", not(loom)))]
            Kernel::Avx512 => simd::x86::has_avx512(),
            Kernel::Neon => cfg!(all(
                target_arch = "aarch64",
                target_feature = "neon",
                target_endian = "little",
                not(loom)
            )),
            #[cfg(any(not(target_arch = "x86_64"), loom))]
            _ => false,
        }
    }

    /// Those that this processor can run, the portable one first.
    pub fn available() -> impl Iterator<Item = Kernel> {
        Kernel::ALL.into_iter().filter(|kernel| kernel.is_available())
    }

    /// The one that bulk lookups use.
    pub fn best() -> Kernel {
        let better = [Kernel::Avx512, Kernel::Avx2, Kernel::Scalar, Kernel::Neon];
        better.into_iter().find(|kernel| kernel.is_available()).unwrap_or(Kernel::Portable)
    }
}

/// A table as it begins now, until the writer's handle changes something or the reader announces that
/// it looks at nothing: the compiler sees to it that it is not used after that.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'l> {
    mem: crate::memory::Words<'l>,
    start: Start,
    slots: Option<&'l fib::Slots>,
}

impl Pinned<'_> {
    /// The value of the longest prefix that holds an address.
    #[inline]
    pub fn find(&self, addr: Addr) -> Option<u32> {
        let found = match self.slots {
            Some(slots) => fib::find_in(slots, self.mem, addr.0),
            None => self.start.find(self.mem, addr.0),
        };
        match found {
            MISS => None,
            value => Some(value),
        }
    }
}
