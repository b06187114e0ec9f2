//! Values that are overwritten when they are dropped.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};
use zeroize::Zeroize;

/// A value that is overwritten when it is dropped, with all the room it had. As `zeroize`'s own wrapper, but for two
/// things: buffers of megabytes are overwritten in one go instead of byte for byte, which took longer than opening
/// them, and `Debug` shows nothing.
#[derive(Clone, Default)]
pub struct Zeroizing<T: Overwrite>(T);

/// What can be overwritten in one go.
pub trait Overwrite {
    /// Leaves zeros where anything was.
    fn overwrite(&mut self);
}

impl Overwrite for Vec<u8> {
    fn overwrite(&mut self) {
        // What lies behind its end may have been in it.
        self.resize(self.capacity(), 0);
        self.as_mut_slice().zeroize();
        self.clear();
    }
}

impl Overwrite for String {
    fn overwrite(&mut self) {
        let mut bytes = std::mem::take(self).into_bytes();
        bytes.overwrite();
    }
}

impl<const N: usize> Overwrite for [u8; N] {
    fn overwrite(&mut self) {
        self.as_mut_slice().zeroize();
    }
}

impl<T: Overwrite> Zeroizing<T> {
    /// From now on.
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T: Overwrite> From<T> for Zeroizing<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Overwrite> Drop for Zeroizing<T> {
    fn drop(&mut self) {
        self.0.overwrite();
    }
}

impl<T: Overwrite> Deref for Zeroizing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Overwrite> DerefMut for Zeroizing<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Overwrite> fmt::Debug for Zeroizing<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Zeroizing(..)")
    }
}
