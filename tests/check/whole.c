/* tests/check/whole.c: a program that is nothing but one layer, whole: see
 * CMakeLists.txt. It is linked and never run. */
int main(void)
{
    return 0;
}
