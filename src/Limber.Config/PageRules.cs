namespace Limber.Config;

/// <summary>What huge pages ask of memory: every dialect has its own names for them, and they all mean this.</summary>
public static class PageRules
{
    private const ulong SmallestPage = 4096;

    /// <summary>Finds what is wrong with memory of huge pages.</summary>
    /// <param name="size">Bytes of memory.</param>
    /// <param name="huge">It has huge pages.</param>
    /// <param name="pageSize">Bytes of one; null for what the host has by default.</param>
    /// <returns>Half a sentence that says what <paramref name="pageSize"/> is or does; or null.</returns>
    public static string? FindProblem(ulong size, bool huge, ulong? pageSize) =>
        pageSize is not { } page ? null
        : !huge ? $"{page} says the size of huge pages, and there are none"
        : page <= SmallestPage || !ulong.IsPow2(page) ? $"{page} is not a power of two above {SmallestPage}"
        : size % page != 0 ? $"{page} does not divide the {size} bytes of memory"
        : null;
}
