namespace Limber.CommandLine;

/// <summary>The version that every dialect's version option reports.</summary>
internal static class ProductVersion
{
    /// <summary>Major, minor and patch number of the product, such as <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetName().Version?.ToString(3) ?? "unknown";
}
