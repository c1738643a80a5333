using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Limber.Interop;

/// <summary>
/// What happens when this process touches a page of a mapped file that the host can't provide, because the file was cut off or its file
/// system is full: a page of zeros takes its place, and the access is made again. Otherwise it would be the end of the process (SIGBUS).
/// </summary>
/// <remarks>
/// The handler is a few machine instructions and two system calls (<c>mmap</c>, <c>write</c>), which the kernel runs on whatever thread
/// met the page. Managed code must not run there: the thread may be in the middle of it, and would wait for itself. So nothing of the
/// runtime is entered, no lock taken and nothing allocated, and signals wait meanwhile. A page of other mappings, and a fault of another kind
/// (failed memory modules), goes to the handler that was there before, or is fatal as before.
/// Thread: any.
/// </remarks>
internal static unsafe class LostPageHandler
{
    private const int Capacity = 1024;
    private const int EntrySize = 64;
    private const int HeaderSize = 64;
    private const nuint CodeSize = 4096;
    private const nuint TableSize = HeaderSize + (Capacity * EntrySize);
    private const ulong AddressSpace = 1UL << 47;
    private const int FirstTableOperand = 12;
    private const int SecondTableOperand = 52;

    private static readonly Lock Gate = new();
    private static Header* table;
    private static FileDescriptor? zeros;

    // Thread and stack as the kernel has them at a signal: rsi is the siginfo_t. The table's address is put in at two places.
    private static ReadOnlySpan<byte> Code =>
    [
        0x83, 0x7e, 0x08, 0x02,                         //        cmp dword [rsi+8], 2     ; si_code: BUS_ADRERR
        0x75, 0x2c,                                     //        jne other
        0x4c, 0x8b, 0x66, 0x10,                         //        mov r12, [rsi+16]        ; si_addr
        0x48, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,             //        mov rbx, table
        0x4c, 0x8d, 0x6b, 0x40,                         //        lea r13, [rbx+64]        ; first entry
        0xb9, 0x00, 0x04, 0x00, 0x00,                   //        mov ecx, 1024
        0x4c, 0x89, 0xe0,                               // next:  mov rax, r12
        0x49, 0x2b, 0x45, 0x00,                         //        sub rax, [r13]           ; start
        0x49, 0x3b, 0x45, 0x08,                         //        cmp rax, [r13+8]         ; length
        0x72, 0x35,                                     //        jb found
        0x49, 0x83, 0xc5, 0x40,                         //        add r13, 64
        0xff, 0xc9,                                     //        dec ecx
        0x75, 0xeb,                                     //        jnz next
        0x48, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,             // other: mov rbx, table
        0x48, 0x8b, 0x03,                               //        mov rax, [rbx]           ; who was there before
        0x48, 0x85, 0xc0,                               //        test rax, rax
        0x74, 0x02,                                     //        jz fatal
        0xff, 0xe0,                                     //        jmp rax
        0xbf, 0x07, 0x00, 0x00, 0x00,                   // fatal: mov edi, 7               ; the access is made again, with
        0x48, 0x8d, 0x73, 0x10,                         //        lea rsi, [rbx+16]        ; SIGBUS as it is by default
        0x31, 0xd2,                                     //        xor edx, edx
        0x41, 0xba, 0x08, 0x00, 0x00, 0x00,             //        mov r10d, 8
        0xb8, 0x0d, 0x00, 0x00, 0x00,                   //        mov eax, 13              ; rt_sigaction
        0x0f, 0x05,                                     //        syscall
        0xc3,                                           //        ret
        0x49, 0x8b, 0x75, 0x10,                         // found: mov rsi, [r13+16]        ; mask of the page
        0x4c, 0x89, 0xe7,                               //        mov rdi, r12
        0x48, 0x21, 0xf7,                               //        and rdi, rsi
        0x48, 0xf7, 0xde,                               //        neg rsi
        0xba, 0x03, 0x00, 0x00, 0x00,                   //        mov edx, 3               ; PROT_READ | PROT_WRITE
        0x45, 0x8b, 0x55, 0x18,                         //        mov r10d, [r13+24]       ; flags
        0x4d, 0x63, 0x45, 0x1c,                         //        movsxd r8, dword [r13+28] ; descriptor
        0x49, 0x89, 0xf9,                               //        mov r9, rdi              ; offset: the address
        0xb8, 0x09, 0x00, 0x00, 0x00,                   //        mov eax, 9               ; mmap
        0x0f, 0x05,                                     //        syscall
        0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff,             //        cmp rax, -4096
        0x77, 0xbb,                                     //        ja fatal
        0xf0, 0x41, 0xff, 0x45, 0x24,                   //        lock inc dword [r13+36]  ; pages
        0x41, 0x8b, 0x7d, 0x20,                         //        mov edi, [r13+32]        ; event
        0x48, 0x8d, 0x73, 0x08,                         //        lea rsi, [rbx+8]         ; the number 1
        0xba, 0x08, 0x00, 0x00, 0x00,                   //        mov edx, 8
        0xb8, 0x01, 0x00, 0x00, 0x00,                   //        mov eax, 1               ; write
        0x0f, 0x05,                                     //        syscall
        0xc3,                                           //        ret
    ];

    /// <summary>Watches over a mapping until <see cref="End"/>; it must be mapped until then.</summary>
    /// <param name="address">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="pageSize">Of the file's pages.</param>
    /// <param name="shared">The mapping is a shared one: then what takes its place is, too, so that the same advice gives it back.</param>
    /// <param name="met">Is signalled after each page that was replaced; stays open until <see cref="End"/>.</param>
    /// <returns>A number for the other methods.</returns>
    /// <exception cref="HostException">The host refuses to run generated code, or too many files are mapped.</exception>
    public static int Begin(nint address, ulong length, ulong pageSize, bool shared, HostEvent met)
    {
        lock (Gate)
        {
            if (table is null)
            {
                Install();
            }

            for (int number = 0; number < Capacity; number++)
            {
                Entry* entry = EntryOf(number);
                if (entry->Length != 0)
                {
                    continue;
                }

                entry->Start = (ulong)address;
                entry->PageMask = unchecked(0 - pageSize);
                entry->Flags = Flags(shared);
                entry->File = shared ? zeros!.Number : -1;
                entry->Event = met.Descriptor.Number;
                entry->Pages = 0;

                // Last, as it makes the entry valid: threads that met a page of another mapping may be looking at it.
                Volatile.Write(ref entry->Length, length);
                return number;
            }
        }

        throw new HostException($"more than {Capacity} files can't be mapped as memory at the same time", ErrorNumber.ENOMEM);
    }

    /// <summary>Pages that were replaced because somebody in this process touched them.</summary>
    public static uint CountPages(int number) => Volatile.Read(ref EntryOf(number)->Pages);

    /// <summary>Replaces a part of the mapping that is known to be lost; what the handler has put there, and what was written to it since, stays.</summary>
    /// <returns>False when the host refused.</returns>
    public static bool TryReplace(int number, ulong offset, ulong length)
    {
        Entry* entry = EntryOf(number);
        nint address = (nint)(entry->Start + offset);
        return Libc.mmap(address, (nuint)length, Libc.PROT_READ | Libc.PROT_WRITE, entry->Flags, entry->File, address) != Libc.MAP_FAILED;
    }

    /// <summary>The mapping is going to be unmapped: nobody touches it any more.</summary>
    public static void End(int number)
    {
        Entry* entry = EntryOf(number);
        if (entry->File >= 0)
        {
            _ = Libc.fallocate(
                entry->File, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, (long)entry->Start, (long)entry->Length);
        }

        lock (Gate)
        {
            Volatile.Write(ref entry->Length, 0);
        }
    }

    private static int Flags(bool shared) => Libc.MAP_FIXED | Libc.MAP_NORESERVE | (shared ? Libc.MAP_SHARED : Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS);

    private static Entry* EntryOf(int number) => (Entry*)((byte*)table + HeaderSize) + number;

    // Stays until the process ends.
    private static void Install()
    {
        // As long as the address space: the page that takes the place of another is at its address in the file.
        int fd = Libc.memfd_create("lost pages", Libc.MFD_CLOEXEC);
        FileDescriptor file = fd >= 0 ? new FileDescriptor(fd) : throw HostException.FromLastError("cannot create a memory file for lost pages");
        if (Libc.ftruncate(fd, (long)AddressSpace) != 0)
        {
            HostException refusal = HostException.FromLastError("cannot size the memory file for lost pages");
            file.Dispose();
            throw refusal;
        }

        var header = (Header*)Allocate(TableSize);
        header->One = 1;
        nint code = Allocate(CodeSize);
        Span<byte> target = new((void*)code, Code.Length);
        Code.CopyTo(target);
        MemoryMarshal.Write(target[FirstTableOperand..], (ulong)header);
        MemoryMarshal.Write(target[SecondTableOperand..], (ulong)header);
        if (Libc.mprotect(code, CodeSize, Libc.PROT_READ | Libc.PROT_EXEC) != 0)
        {
            HostException refusal = HostException.FromLastError("cannot make the handler of lost pages executable");
            file.Dispose();
            throw refusal;
        }

        SignalAction previous;
        _ = Libc.sigaction(Libc.SIGBUS, null, &previous);
        header->Previous = previous.Handler <= SignalAction.Ignore ? 0 : previous.Handler;
        SignalAction action = new() { Handler = code, Flags = SignalAction.WithDetails | SignalAction.OnOtherStack };
        action.Blocked.KernelBits = ulong.MaxValue;
        if (Libc.sigaction(Libc.SIGBUS, &action, null) != 0)
        {
            HostException refusal = HostException.FromLastError("cannot handle lost pages");
            file.Dispose();
            throw refusal;
        }

        zeros = file;
        table = header;
    }

    private static nint Allocate(nuint size)
    {
        nint address = Libc.mmap(0, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        return address != Libc.MAP_FAILED ? address : throw HostException.FromLastError("cannot map the handler of lost pages");
    }

    /// <summary>Read by the handler, at these offsets.</summary>
    [StructLayout(LayoutKind.Explicit, Size = HeaderSize)]
    private struct Header
    {
        [FieldOffset(0)]
        public nint Previous;

        [FieldOffset(8)]
        public ulong One;

        // 16 to 48: the kernel's struct sigaction of the default, which is all zeros.
    }

    /// <summary>Read by the handler, at these offsets; valid while <see cref="Length"/> is not 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = EntrySize)]
    private struct Entry
    {
        [FieldOffset(0)]
        public ulong Start;

        [FieldOffset(8)]
        public ulong Length;

        [FieldOffset(16)]
        public ulong PageMask;

        [FieldOffset(24)]
        public int Flags;

        [FieldOffset(28)]
        public int File;

        [FieldOffset(32)]
        public int Event;

        [FieldOffset(36)]
        public uint Pages;
    }
}
